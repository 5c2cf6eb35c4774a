#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our training step beside PyTorch's on the same machine: both programs in turn, several rounds, ratios.

    python3 bench/peers/compare.py [--binary build/release/bench/train_throughput] [--rounds 3] [--threads 2]
                                   [--repeats 20] [--warmup 3] [--networks JSON] [--channels-last] [--json FILE]

Each round runs our binary and then train_step.py (in odd rounds the other way round), so that a machine that gets
slower or faster touches both alike. Rows are matched by their name. The ratio of a network is the median over the
rounds of PyTorch's ms_median divided by ours; above 1 we are faster. The range beside it is the smallest and the
largest of the rounds. --python names an interpreter with another PyTorch.

Our binary is called with --threads, --repeats, --warmup and --json FILE, and --networks where it is given. The file
holds a list of rows, or an object with `rows`; a row has at least `network`, `ms_median`, `ms_spread`, `threads`.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def run(name, command, file):
    result = subprocess.run([*command, "--json", str(file)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"{name} failed with {result.returncode}: {' '.join(command)}\n{result.stdout}{result.stderr}")
    document = json.loads(file.read_text())
    rows = document if isinstance(document, list) else document["rows"]
    about = {} if isinstance(document, list) else document.get("about", {})
    return {row["network"]: row for row in rows}, about


def rounds_of(programs, count, folder):
    """Per program a list of tables, one a round, and what it says of itself."""
    tables, about = {name: [] for name in programs}, {}
    for index in range(count):
        names = list(programs)
        for name in names if index % 2 == 0 else reversed(names):
            print(f"round {index + 1} of {count}: {name}", file=sys.stderr, flush=True)
            table, about[name] = run(name, programs[name], folder / "rows.json")
            tables[name].append(table)
    return tables, about


def compare(tables):
    rows = []
    ours, theirs = tables["selfsame"], tables["pytorch"]
    for network in ours[0]:
        if network not in theirs[0]:
            print(f"{network}: no row of PyTorch", file=sys.stderr)
            continue
        pairs = [(a[network], b[network]) for a, b in zip(ours, theirs)]
        threads = {row["threads"] for pair in pairs for row in pair}
        if len(threads) != 1:
            raise SystemExit(f"{network}: the programs ran with different numbers of threads: {sorted(threads)}")
        ratios = [b["ms_median"] / a["ms_median"] for a, b in pairs]
        rows.append({
            "network": network,
            "threads": threads.pop(),
            "rounds": len(ratios),
            "selfsame_ms": statistics.median(a["ms_median"] for a, _ in pairs),
            "selfsame_ms_spread": statistics.median(a["ms_spread"] for a, _ in pairs),
            "pytorch_ms": statistics.median(b["ms_median"] for _, b in pairs),
            "pytorch_ms_spread": statistics.median(b["ms_spread"] for _, b in pairs),
            "ratio": statistics.median(ratios),
            "ratio_lowest": min(ratios),
            "ratio_highest": max(ratios),
        })
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", default=str(HERE.parents[1] / "build/release/bench/train_throughput"))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--networks", help="JSON list, or a file with one, for both programs")
    parser.add_argument("--channels-last", action="store_true", help="for PyTorch")
    parser.add_argument("--json", help="file for the result")
    arguments = parser.parse_args()
    if not pathlib.Path(arguments.binary).is_file():
        parser.error(f"no binary {arguments.binary}: build it with cmake --build --preset release")
    if arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    common = ["--threads", str(arguments.threads), "--repeats", str(arguments.repeats), "--warmup",
              str(arguments.warmup)]
    if arguments.networks:
        common += ["--networks", arguments.networks]
    layout = ["--channels-last"] if arguments.channels_last else []
    programs = {
        "selfsame": [arguments.binary, *common],
        "pytorch": [arguments.python, str(HERE / "train_step.py"), *common, *layout],
    }
    with tempfile.TemporaryDirectory() as folder:
        tables, about = rounds_of(programs, arguments.rounds, pathlib.Path(folder))
    rows = compare(tables)
    peer = about["pytorch"]
    print(f"PyTorch {peer['torch']} with oneDNN {peer['onednn']}; {arguments.threads} threads, {arguments.rounds} rounds")
    print(f"{'network':<44} {'selfsame ms':>12} {'PyTorch ms':>12} {'ratio':>7}   range")
    for row in rows:
        print(f"{row['network']:<44} {row['selfsame_ms']:12.2f} {row['pytorch_ms']:12.2f} {row['ratio']:7.2f}   "
              f"{row['ratio_lowest']:.2f} to {row['ratio_highest']:.2f}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")
    if not rows:
        raise SystemExit("no network was run by both programs")


if __name__ == "__main__":
    main()
