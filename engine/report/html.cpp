// SPDX-License-Identifier: Apache-2.0
#include "engine/report/html.hpp"

#include <cstdint>

namespace selfsame {
namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5a636e;--line:#d8dee4;--soft:#f4f6f8;
--s0:#1f6fb5;--s1:#c4501f;--s2:#23855a;--s3:#8454b8;--s4:#95700a;--s5:#b83a7e;--s6:#3d7f8c;--s7:#6b6b6b}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e8ec;--dim:#9aa4af;--line:#333a42;--soft:#1d2127;
--s0:#6cb2f2;--s1:#f2905f;--s2:#5cc795;--s3:#bd97ea;--s4:#d8b045;--s5:#ee86ba;--s6:#77c3d1;--s7:#adadad}}
@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;--soft:#fff;
--s0:#1f6fb5;--s1:#c4501f;--s2:#23855a;--s3:#8454b8;--s4:#95700a;--s5:#b83a7e;--s6:#3d7f8c;--s7:#6b6b6b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:1.25rem 1rem 3rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
.answer{font-size:1.15rem;margin:.25rem 0 .5rem;max-width:52rem}
.dim{color:var(--dim);font-size:.9rem}
figcaption .dim{font-weight:400}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem 1.5rem}
figure{margin:0;break-inside:avoid}
figcaption{font-weight:600;font-size:.95rem;margin-bottom:.15rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--dim);font:14px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media (max-width:32rem){svg text{font-size:16px}}
svg .legend text{fill:var(--fg)}
svg .grid{stroke:var(--line);stroke-width:1;fill:none}
svg .axis{stroke:var(--dim);stroke-width:1;fill:none}
svg .curve{fill:none;stroke-width:2;stroke-linejoin:round}
svg .faint{stroke-width:1;opacity:.35}
.s0{stroke:var(--s0)}.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}.s3{stroke:var(--s3)}
.s4{stroke:var(--s4)}.s5{stroke:var(--s5)}.s6{stroke:var(--s6)}.s7{stroke:var(--s7)}
.f0{fill:var(--s0)}.f1{fill:var(--s1)}.f2{fill:var(--s2)}.f3{fill:var(--s3)}
.f4{fill:var(--s4)}.f5{fill:var(--s5)}.f6{fill:var(--s6)}.f7{fill:var(--s7)}
svg .band{opacity:.18}
.scroll{overflow-x:auto;margin-bottom:1rem}
table{border-collapse:collapse;font-size:.9rem;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600}
td:first-child{white-space:nowrap}
td{overflow-wrap:anywhere}
.number{text-align:right;font-variant-numeric:tabular-nums}
td.number{overflow-wrap:normal;white-space:nowrap}
tr{break-inside:avoid}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;overflow-x:auto;
font:13px/1.5 ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.number .of{display:block;color:var(--dim);font-size:.85em}
tbody th{font-weight:400;min-width:8rem;max-width:16rem}
.words{min-width:18rem}
.single{max-width:34rem}
.pictures{width:auto}
.pictures th,.pictures td{width:1px;min-width:0;border-bottom:0;padding:.15rem .5rem .15rem 0;font-size:.85rem}
.pictures th[scope=row]{white-space:nowrap}
.pictures th[scope=col]{vertical-align:bottom}
.pictures img{width:clamp(5rem,23vw,15rem);display:block;border-radius:3px}
nav{margin:.75rem 0;font-size:.95rem}
nav a{margin-right:1rem;white-space:nowrap}
a{color:var(--s0)}
.example{margin:0 0 1.25rem;break-inside:avoid}
.triple{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.5rem;max-width:48rem}
.triple img{width:100%;display:block;border-radius:3px;image-rendering:auto}
.triple div{font-size:.85rem}
details summary{cursor:pointer;font-weight:600;margin:.5rem 0}
@media print{nav{display:none}.scroll{overflow:visible}h2,h3{break-after:avoid}
.plots{grid-template-columns:1fr 1fr}.pictures img{width:8rem}}
.warning{border-left:4px solid var(--s1);padding:.3rem .8rem;background:var(--soft)}
)";

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= n ? kDigits[group >> (18 - 6 * k) & 63u] : '=';
    }
  }
  return out;
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>";
  page += html_escape(title);
  page += "</title>\n<style>";
  page += kStyle;
  page += "</style>\n</head>\n<body>\n";
  page += body;
  page += "</body>\n</html>\n";
  return page;
}

}  // namespace selfsame
