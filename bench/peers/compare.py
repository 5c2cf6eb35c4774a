#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our training step beside PyTorch's on the same machine: the programs in turn, several rounds, ratios.

    python3 bench/peers/compare.py [--device cpu] [--precision float32] [--variants eager,channels_last]
                                   [--own float32] [--binary build/release/bench/train_throughput] [--rounds 3]
                                   [--threads 2] [--repeats 20] [--warmup 3] [--networks JSON] [--json FILE]

Each round runs our binary and then train_step.py once per variant (in odd rounds the other way round), so that a
machine that gets slower or faster touches all alike. Rows are matched by their name. The ratio of a network is the
median over the rounds of the peer's ms_median divided by ours; above 1 we are faster. The range beside it is the
smallest and the largest of the rounds. --own adds ourselves in another precision as a peer: what bfloat16 gains over
float32. --python names an interpreter with another PyTorch. --device simulated runs our binary on the simulated device
against PyTorch on the CPU, to try the script out; its ratios say nothing. A variant that PyTorch cannot run, or not
within --seconds, is left out and named.

Our binary is called with --device, --precision, --threads, --repeats, --warmup and --json FILE, and --networks where it
is given. The file holds a list of rows, or an object with `rows`; a row has at least `network`, `ms_median`,
`ms_spread`, `threads`.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
OURS = "selfsame"


class Failed(Exception):
    """A program that did not end well: its name, command and output."""


def run(name, command, file, seconds):
    """The rows of one program, what it says of itself, and "" or what kept it from running all."""
    file.unlink(missing_ok=True)
    late = ""
    try:
        result = subprocess.run([*command, "--json", str(file)], capture_output=True, text=True, check=False,
                                timeout=seconds)
        if result.returncode != 0:
            late = f"ended with {result.returncode}: {' '.join(command)}\n{result.stdout}{result.stderr}"
    except subprocess.TimeoutExpired:
        late = f"ran past its {seconds:.0f} s"
    if not file.is_file():
        raise Failed(f"{name} {late or 'wrote no file'}")
    document = json.loads(file.read_text())
    rows = document if isinstance(document, list) else document["rows"]
    about = {} if isinstance(document, list) else document.get("about", document.get("environment", {}))
    return {row["network"]: row for row in rows}, about, late


def rounds_of(programs, arguments, folder):
    """Per program a list of tables, one a round, and what it says of itself; and the failures of peers."""
    tables, about, failures = {name: [] for name in programs}, {}, {}
    end = time.monotonic() + arguments.seconds if arguments.seconds else None
    left = len(programs) * arguments.rounds
    for index in range(arguments.rounds):
        names = [name for name in programs if name not in failures]
        for name in names if index % 2 == 0 else reversed(names):
            print(f"round {index + 1} of {arguments.rounds}: {name}", file=sys.stderr, flush=True)
            share = max(1.0, (end - time.monotonic()) / left) if end else None
            left -= 1
            try:
                table, about[name], late = run(name, programs[name], folder / "rows.json", share)
                tables[name].append(table)
            except Failed as failure:
                late = str(failure)
            if late:
                if name.startswith(OURS):
                    raise SystemExit(f"{name} {late}")
                print(f"{name} {late}", file=sys.stderr, flush=True)
                failures[name] = late[-2000:]
    return tables, about, failures


def compare(ours, theirs, peer, device):
    rows = []
    for network in ours[0]:
        if any(network not in table for table in theirs):
            print(f"{network}: no row of {peer}", file=sys.stderr)
            continue
        pairs = [(a[network], b[network]) for a, b in zip(ours, theirs)]
        threads = {row["threads"] for pair in pairs for row in pair}
        if device == "cpu" and len(threads) != 1:
            raise SystemExit(f"{network}: the programs ran with different numbers of threads: {sorted(threads)}")
        ratios = [b["ms_median"] / a["ms_median"] for a, b in pairs]
        rows.append({
            "network": network,
            "peer": peer,
            "threads": max(threads),
            "rounds": len(ratios),
            "selfsame_ms": statistics.median(a["ms_median"] for a, _ in pairs),
            "selfsame_ms_spread": statistics.median(a["ms_spread"] for a, _ in pairs),
            "peer_ms": statistics.median(b["ms_median"] for _, b in pairs),
            "peer_ms_spread": statistics.median(b["ms_spread"] for _, b in pairs),
            "ratio": statistics.median(ratios),
            "ratio_lowest": min(ratios),
            "ratio_highest": max(ratios),
        })
    return rows


def programs_of(arguments):
    common = ["--threads", str(arguments.threads), "--repeats", str(arguments.repeats), "--warmup",
              str(arguments.warmup)]
    if arguments.networks:
        common += ["--networks", arguments.networks]
    device = ["--device", arguments.device, "--precision", arguments.precision]
    trial = arguments.device == "simulated" and arguments.precision == "tf32"  # which PyTorch has not on the CPU
    theirs = ["--device", "cuda" if arguments.device == "cuda" else "cpu", "--precision",
              "float32" if trial else arguments.precision]
    programs = {OURS: [arguments.binary, *common, *device]}
    if arguments.own:
        programs[f"{OURS} {arguments.own}"] = [arguments.binary, *common, "--device", arguments.device, "--precision",
                                               arguments.own]
    for variant in arguments.variants.split(","):
        programs[f"PyTorch {variant}"] = [arguments.python, str(HERE / "train_step.py"), *common, *theirs, "--variant",
                                          variant]
    return programs


def report(rows, about, arguments):
    peer = next((value for value in about.values() if "torch" in value), {"torch": "did not run", "onednn": "none"})
    place = peer.get("gpu") or f"{arguments.threads} threads, oneDNN {peer['onednn']}"
    print(f"PyTorch {peer['torch']}, {place}; {arguments.precision}, {arguments.rounds} rounds")
    print(f"{'network':<44} {'peer':<22} {'selfsame ms':>12} {'peer ms':>12} {'ratio':>7}   range")
    for row in rows:
        print(f"{row['network']:<44} {row['peer']:<22} {row['selfsame_ms']:12.3f} {row['peer_ms']:12.3f} "
              f"{row['ratio']:7.2f}   {row['ratio_lowest']:.2f} to {row['ratio_highest']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", default=str(HERE.parents[1] / "build/release/bench/train_throughput"))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--device", choices=("cpu", "cuda", "simulated"), default="cpu")
    parser.add_argument("--precision", choices=("float32", "tf32", "bfloat16"), default="float32")
    parser.add_argument("--own", choices=("float32", "tf32", "bfloat16"), help="another precision of ours as a peer")
    parser.add_argument("--variants", default="eager", help="of train_step.py, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, help="for all; who is not done with a network by then has no row of it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--networks", help="JSON list, or a file with one, for all programs")
    parser.add_argument("--json", help="file for the result")
    arguments = parser.parse_args()
    if not pathlib.Path(arguments.binary).is_file():
        parser.error(f"no binary {arguments.binary}: build it with cmake --build --preset release")
    if arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    if arguments.networks and not arguments.networks.lstrip().startswith("["):
        arguments.networks = pathlib.Path(arguments.networks).read_text()
    with tempfile.TemporaryDirectory() as folder:
        tables, about, failures = rounds_of(programs_of(arguments), arguments, pathlib.Path(folder))
    rows = []
    for name in tables:
        if name != OURS and tables[name]:
            rows += compare(tables[OURS], tables[name], name, arguments.device)
    rows.sort(key=lambda row: list(tables[OURS][0]).index(row["network"]))
    if rows:
        report(rows, about, arguments)
    for name in failures:
        print(f"{name} did not run all: {failures[name].splitlines()[-1]}")
    if arguments.json:
        document = {"device": arguments.device, "precision": arguments.precision, "about": about, "failures": failures,
                    "rows": rows}
        pathlib.Path(arguments.json).write_text(json.dumps(document, indent=1) + "\n")
    if not rows:
        raise SystemExit("no network was run by both programs")


if __name__ == "__main__":
    main()
