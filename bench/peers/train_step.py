#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time of one training step in PyTorch: forward, mean squared error, backward, Adam.

    python3 train_step.py [--device cpu] [--precision float32] [--variant eager] [--threads 2] [--repeats 20]
                          [--warmup 3] [--channels-last] [--networks JSON] [--json FILE]

The networks are those of tests/fixtures/make_network_fixtures.py, whose values and gradients our own are tested
against. The table is the one of bench/train_throughput; --networks replaces it by a JSON list, or the name of a file
with one, of objects such as

    {"type": "unet", "batch": 4, "in": 1, "height": 128, "width": 128, "chans": 32, "pools": 4}
    {"type": "dncnn", "batch": 4, "in": 1, "height": 64, "width": 64, "chans": 64, "depth": 17}

Variants: eager (contiguous), channels_last, compile (torch.compile and channels_last), graph (channels_last, the whole
step recorded as a CUDA graph). Precisions: float32 (strict), tf32, bfloat16 (autocast; parameters and Adam in float32).

Every step is timed alone, to the moment when the host knows its loss. ms_median is the median over the repeats,
ms_spread the interquartile range. PyTorch gets its best: gradients are set to None, Adam is the fused one where this
version has it, cuDNN tries its algorithms, and the images are on the device already.
"""

import argparse
import contextlib
import json
import pathlib
import platform
import re
import statistics
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures"))
from make_network_fixtures import DnCNN, UNet  # noqa: E402

VARIANTS = ("eager", "channels_last", "compile", "graph")


def unet(batch, channels, height, width, chans, pools):
    return {"type": "unet", "batch": batch, "in": channels, "height": height, "width": width, "chans": chans,
            "pools": pools}


def dncnn(batch, channels, height, width, chans, depth):
    return {"type": "dncnn", "batch": batch, "in": channels, "height": height, "width": width, "chans": chans,
            "depth": depth}


TABLE = [
    unet(4, 1, 128, 128, 32, 4),
    unet(16, 1, 64, 64, 32, 2),
    unet(1, 1, 320, 320, 32, 4),
    unet(1, 3, 128, 128, 56, 2),
    unet(16, 1, 64, 64, 48, 2),
    dncnn(4, 1, 64, 64, 64, 17),
]


def name_of(network):
    """The key by which rows of two programs are matched."""
    size = "x".join(str(network[key]) for key in ("batch", "in", "height", "width"))
    last = "pools" if network["type"] == "unet" else "depth"
    return f"{network['type']} {size} chans {network['chans']} {last} {network[last]}"


def build(network):
    channels = network["in"]
    if network["type"] == "unet":
        return UNet(channels, channels, network["chans"], network["pools"], residual=True)
    if network["type"] == "dncnn":
        return DnCNN(channels, channels, network["chans"], network["depth"])
    raise SystemExit(f"network type '{network['type']}', expected 'unet' or 'dncnn'")


def adam(parameters, arguments):
    parameters = list(parameters)
    capturable = {"capturable": True} if arguments.variant == "graph" else {}
    try:
        return torch.optim.Adam(parameters, lr=1e-3, fused=True, **capturable)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(parameters, lr=1e-3, **capturable)


def set_precision(arguments):
    tf32 = arguments.precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True


def precision_of(arguments):
    if arguments.precision == "bfloat16":
        return torch.autocast(arguments.device, dtype=torch.bfloat16)
    return contextlib.nullcontext()


class Training:
    """One network with its optimiser and images; `step` leaves the loss in `loss`."""

    def __init__(self, network, arguments):
        torch.manual_seed(1)
        self.arguments = arguments
        last = arguments.channels_last or arguments.variant != "eager"
        layout = torch.channels_last if last else torch.contiguous_format
        model = build(network).train().to(device=arguments.device, memory_format=layout)
        shape = [network[key] for key in ("batch", "in", "height", "width")]
        self.image = torch.rand(shape).to(device=arguments.device).contiguous(memory_format=layout)
        self.target = torch.rand(shape).to(device=arguments.device).contiguous(memory_format=layout)
        self.optimizer = adam(model.parameters(), arguments)
        self.model = torch.compile(model) if arguments.variant == "compile" else model
        self.loss = None
        self.graph = self.record() if arguments.variant == "graph" else None

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        with precision_of(self.arguments):
            self.loss = functional.mse_loss(self.model(self.image), self.target)
        self.loss.backward()
        self.optimizer.step()

    def record(self):
        """The whole step as a CUDA graph, after steps on a side stream as torch.cuda.graph asks for."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.run()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self.run()
        return graph

    def step(self):
        if self.graph is None:
            self.run()
        else:
            self.graph.replay()
        return self.loss.item()


def step_times(network, arguments):
    training = Training(network, arguments)
    times = []
    for _ in range(arguments.warmup + arguments.repeats):
        start = time.perf_counter()
        training.step()
        times.append(1e3 * (time.perf_counter() - start))
    return times[arguments.warmup:]


def row_of(network, arguments):
    times = step_times(network, arguments)
    quartiles = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else [times[0]] * 3
    return {
        "network": name_of(network),
        "ms_median": statistics.median(times),
        "ms_spread": quartiles[2] - quartiles[0],
        "device": arguments.device,
        "precision": arguments.precision,
        "variant": arguments.variant,
        "threads": torch.get_num_threads(),
        "repeats": len(times),
        "images_per_second": 1e3 * network["batch"] / statistics.median(times),
    }


def versions(arguments):
    onednn = re.search(r"MKL-DNN v(\S+)", torch.__config__.show())
    about = {
        "program": "PyTorch",
        "torch": torch.__version__,
        "onednn": onednn.group(1) if onednn else "none",
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    if arguments.device == "cuda":
        about["gpu"] = torch.cuda.get_device_name()
        about["cuda"] = torch.version.cuda
        about["cudnn"] = torch.backends.cudnn.version()
    return about


def networks_from(text):
    if text is None:
        return TABLE
    path = pathlib.Path(text)
    return json.loads(text if text.lstrip().startswith("[") else path.read_text())


def arguments_from_command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", choices=("float32", "tf32", "bfloat16"), default="float32")
    parser.add_argument("--variant", choices=VARIANTS, default="eager")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--channels-last", action="store_true", help="with eager: as the variant channels_last")
    parser.add_argument("--networks", help="JSON list, or a file with one; the built-in table if absent")
    parser.add_argument("--json", help="file for the rows")
    arguments = parser.parse_args()
    if arguments.repeats < 1 or arguments.warmup < 0 or arguments.threads < 1:
        parser.error("--repeats and --threads must be at least 1, --warmup at least 0")
    if arguments.device == "cpu" and arguments.variant == "graph":
        parser.error("--variant graph is CUDA's")
    if arguments.device == "cpu" and arguments.precision == "tf32":
        parser.error("--precision tf32 is a GPU's")
    if arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch sees no GPU")
    return arguments


def main():
    arguments = arguments_from_command_line()
    torch.set_num_threads(arguments.threads)
    set_precision(arguments)
    about = versions(arguments)
    print(f"PyTorch {about['torch']}, {about.get('gpu', str(arguments.threads) + ' threads')}, {arguments.precision}, "
          f"{arguments.variant}{', channels last' if arguments.channels_last else ''}")
    rows = []
    result = {"about": {**about, "channels_last": arguments.channels_last or arguments.variant != "eager"}, "rows": rows}
    for network in networks_from(arguments.networks):
        row = row_of(network, arguments)
        rows.append(row)
        if arguments.json:  # after every row: a caller may be out of patience before the last
            pathlib.Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")
        print(f"{row['network']:<44} {row['ms_median']:9.2f} ms  spread {row['ms_spread']:7.2f} ms"
              f"  {row['images_per_second']:8.1f} images/s", flush=True)


if __name__ == "__main__":
    main()
