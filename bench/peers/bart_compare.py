#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Coil maps and classical reconstructions beside BART's, on the same k-space and the same mask.

    python3 bench/peers/bart_compare.py KSPACE.npy [--acceleration 4] [--centre 0.08] [--seed 0] [--threads 2]
                                        [--binary build/release/bench/classical_recon] [--bart bart]
                                        [--json FILE] [--keep FOLDER] [--picture FILE.png]

KSPACE.npy is fully sampled, complex64, (coils, rows, columns), its centre at (rows/2, columns/2). The mask takes
columns: `centre` of them around the middle, and the others at random so that one of `acceleration` is sampled. Needs
NumPy, BART 0.8 or newer, and our benchmark binary. What is compared:

  maps      ESPIRiT of the full and of the undersampled data, ours and `ecalib -m1`. residual: the part of the coil
            images that lies outside the maps, ||I - S S^H I|| / ||I||, over the pixels where both have maps.
            correlation: mean over those pixels of |sum conj(S_ours) S_bart|, which no phase changes.
  cg        `pics -l2 -r LAMBDA -w 1`, same maps (BART's), same iterations.
  tv        `pics -R T:6:0:LAMBDA -w 1`; the objective of both images, computed here.
  wavelet   `pics -R W:6:0:LAMBDA -w 1`; images only: the transforms differ at the edges, and ours leaves the coarse
            coefficients alone.

BART's centred transform has another sign where half of an even size is odd; its images are multiplied by the phase
that fits ours best before they are compared. Seconds are those of the work alone for ours, and of the whole program with
its start and its files for BART.

PSNR is that of the magnitude against the coil combination of the full data with the same maps, the peak being the
reference's largest value, over the pixels where the maps are not zero.

--picture: reference, zero-filled, conjugate gradients (the best of --cg-lambdas) and total variation, all ours; below,
their errors times 5.
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import time
import zlib

import numpy as np


def write_cfl(path, array):
    """(sets, coils, rows, columns) as BART's dimensions 1, rows, columns, coils, sets."""
    data = np.asarray(array, np.complex64)
    data = data.reshape((1,) * (4 - data.ndim) + data.shape).transpose(2, 3, 1, 0)[None]
    path.with_suffix(".hdr").write_text("# Dimensions\n" + " ".join(map(str, data.shape)) + "\n")
    path.with_suffix(".cfl").write_bytes(data.ravel(order="F").tobytes())


def read_cfl(path):
    """(sets, coils, rows, columns)."""
    lines = path.with_suffix(".hdr").read_text().splitlines()
    dims = [int(d) for d in lines[lines.index("# Dimensions") + 1].split()]
    dims += [1] * (5 - len(dims))
    data = np.fromfile(path.with_suffix(".cfl"), np.complex64).reshape(dims[:5], order="F")
    return data[0].transpose(3, 2, 0, 1)


def to_image(kspace):
    shifted = np.fft.ifftshift(kspace, axes=(-2, -1))
    return np.fft.fftshift(np.fft.ifft2(shifted, norm="ortho"), axes=(-2, -1))


def to_kspace(image):
    shifted = np.fft.ifftshift(image, axes=(-2, -1))
    return np.fft.fftshift(np.fft.fft2(shifted, norm="ortho"), axes=(-2, -1))


def column_mask(width, acceleration, centre, seed):
    count = round(width * centre)
    first = (width - count + 1) // 2
    mask = np.zeros(width, bool)
    mask[first:first + count] = True
    others = np.flatnonzero(~mask)
    more = max(0, round(width / acceleration) - count)
    mask[np.random.default_rng(seed).choice(others, more, replace=False)] = True
    return mask


class Programs:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder

    def bart(self, *words):
        """Runs BART; words that are arrays become files; returns its output and the seconds it took."""
        command = [self.arguments.bart]
        for i, word in enumerate(words):
            if isinstance(word, np.ndarray):
                path = self.folder / f"in{i}"
                write_cfl(path, word)
                word = str(path)
            command.append(word)
        out = self.folder / "out"
        start = time.monotonic()
        done = subprocess.run([*command, str(out)], check=True, capture_output=True, text=True,
                              env={**os.environ, "OMP_NUM_THREADS": str(self.arguments.threads)})
        return read_cfl(out), time.monotonic() - start, done.stdout + done.stderr

    def ours(self, kspace, mask, **options):
        """Runs our binary; returns the image (or the maps), and its report."""
        paths = {name: self.folder / f"{name}.npy" for name in ("kspace", "mask", "maps", "image", "maps_out")}
        np.save(paths["kspace"], kspace)
        np.save(paths["mask"], mask.astype(np.uint8))
        maps = options.pop("maps", None)
        if maps is not None:
            np.save(paths["maps"], maps)
        words = [self.arguments.binary, "--kspace", paths["kspace"], "--mask", paths["mask"],
                 "--maps", paths["maps"] if maps is not None else "espirit", "--out", paths["image"],
                 "--maps-out", paths["maps_out"], "--json", self.folder / "report.json",
                 "--threads", self.arguments.threads]
        for name, value in options.items():
            words += [f"--{name}"] if value is True else [f"--{name}", value]
        subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True)
        report = json.loads((self.folder / "report.json").read_text())
        return np.load(paths["image"]), np.load(paths["maps_out"]), report


def compare_maps(ours, theirs, images):
    inside = (np.abs(ours).sum(0) > 0) & (np.abs(theirs).sum(0) > 0)

    def residual(maps):
        rest = images - maps * (maps.conj() * images).sum(0)
        return float(np.linalg.norm(rest[:, inside]) / np.linalg.norm(images[:, inside]))

    correlation = np.abs((ours.conj() * theirs).sum(0))[inside]
    support = [np.abs(m).sum(0) > 0 for m in (ours, theirs)]
    return dict(residual=residual(ours), residual_bart=residual(theirs), correlation=float(correlation.mean()),
                correlation_smallest_percentile=float(np.percentile(correlation, 1)),
                pixels_in_both=int(inside.sum()), pixels_in_one=int((support[0] ^ support[1]).sum()))


def in_phase(theirs, ours):
    product = np.vdot(theirs, ours)
    return theirs * (product / abs(product))


def psnr(image, reference, inside):
    a, b = np.abs(image[inside]).astype(float), np.abs(reference[inside]).astype(float)
    return float(10 * np.log10(b.max() ** 2 / np.mean((a - b) ** 2)))


def total_variation(x):
    return np.sqrt(np.abs(x - np.roll(x, 1, 0)) ** 2 + np.abs(x - np.roll(x, 1, 1)) ** 2).sum()


def write_png(path, gray):
    """8-bit gray, values in [0, 1]."""
    pixels = np.round(np.clip(gray, 0, 1) * 255).astype(np.uint8)
    # Every row is stored as differences to the one above (filter 2), which packs better.
    above = np.vstack([np.zeros_like(pixels[:1]), pixels[:-1]])
    rows = np.hstack([np.full((len(pixels), 1), 2, np.uint8), pixels - above]).tobytes()

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9))
                     + chunk(b"IEND", b""))


def picture(reference, images):
    """The reference and the images in a row, white at the 99.5th percentile of the reference; errors below."""
    white = np.percentile(np.abs(reference), 99.5)
    gap = ((2, 2), (2, 2))
    upper = [np.pad(np.abs(i) / white, gap) for i in (reference, *images)]
    lower = [np.pad(5 * np.abs(np.abs(i) - np.abs(reference)) / white, gap) for i in (reference, *images)]
    return np.vstack([np.hstack(upper), np.hstack(lower)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kspace")
    parser.add_argument("--acceleration", type=float, default=4)
    parser.add_argument("--centre", type=float, default=0.08)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--binary", default="build/release/bench/classical_recon")
    parser.add_argument("--bart", default="bart")
    parser.add_argument("--cg-lambdas", type=float, nargs="+", default=[0.001, 0.01, 0.05])
    parser.add_argument("--lambda", dest="weight", type=float, default=0.01, help="of tv and wavelet, scaled data")
    parser.add_argument("--iterations", type=int, default=100, help="of tv and wavelet")
    parser.add_argument("--json")
    parser.add_argument("--picture", help="a .png")
    parser.add_argument("--keep", help="folder for the images, as .npy")
    arguments = parser.parse_args()

    full = np.load(arguments.kspace).astype(np.complex64)
    mask = column_mask(full.shape[2], arguments.acceleration, arguments.centre, arguments.seed)
    kspace = full * mask
    images = to_image(full)
    report = dict(data=pathlib.Path(arguments.kspace).name, kspace=full.shape, threads=arguments.threads,
                  note="seconds: ours of the work alone; BART's with the start of the program and its files", columns=int(mask.sum()),
                  centre=int(round(full.shape[2] * arguments.centre)), seed=arguments.seed,
                  regularisation=arguments.weight, iterations=arguments.iterations)
    kept = {}
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(arguments, pathlib.Path(folder))
        report["bart"] = subprocess.run([arguments.bart, "version"], capture_output=True, text=True,
                                        check=True).stdout.strip()
        for name, data, chosen in (("full", full, np.ones_like(mask)), ("undersampled", kspace, mask)):
            theirs, seconds, _ = programs.bart("ecalib", "-m1", "-r24", data)
            _, ours, about = programs.ours(data, chosen, method="zero_filled")
            report[f"maps of {name} data"] = dict(
                compare_maps(ours[0], theirs[0], images), calibration=about["calibration"],
                kernels=about["kernels"], seconds=about["maps_seconds"][-1], seconds_bart=seconds)
        maps = theirs
        inside = np.abs(maps[0]).sum(0) > 0
        reference = (maps[0].conj() * images).sum(0)
        kept.update(reference=reference, maps=maps, mask=mask)

        def row(ours, theirs, about, seconds):
            difference = np.linalg.norm(ours - in_phase(theirs, ours)) / np.linalg.norm(theirs)
            return dict(psnr=psnr(ours, reference, inside), psnr_bart=psnr(theirs, reference, inside),
                        difference=float(difference), seconds=about["seconds"][-1], seconds_bart=seconds)

        zero_filled, _, about = programs.ours(kspace, mask, maps=maps, method="zero_filled")
        report["zero filled"] = dict(psnr=psnr(zero_filled[0, 0], reference, inside))
        kept["zero_filled"] = zero_filled[0, 0]
        _, _, log = programs.bart("pics", "-d5", "-l2", "-r0.01", kspace, maps)
        scaling = [line for line in log.splitlines() if line.startswith("Scaling:") or "Scaling:" in line]
        report["scale"] = dict(ours=about["scale"], bart=scaling[0].strip() if scaling else "not printed")
        for weight in arguments.cg_lambdas:
            theirs, seconds, _ = programs.bart("pics", "-l2", f"-r{weight}", "-w1", "-i30", kspace, maps)
            ours, _, about = programs.ours(kspace, mask, maps=maps, method="cg_sense", iterations=30,
                                           tolerance=0, **{"lambda": weight})
            report[f"cg lambda {weight}"] = row(ours[0, 0], theirs[0, 0], about, seconds)
            kept[f"cg_{weight}"] = ours[0, 0]
        scale = about["scale"]
        scaled = (kspace / scale).astype(np.complex64)

        def objective(x):
            rest = mask * to_kspace(maps[0] * x) - scaled
            return float(0.5 * np.linalg.norm(rest) ** 2 + arguments.weight * total_variation(x))

        options = {"lambda": arguments.weight, "iterations": arguments.iterations, "tolerance": 0, "scale": 1}
        theirs, seconds, _ = programs.bart("pics", f"-RT:6:0:{arguments.weight}", "-w1",
                                           f"-i{arguments.iterations}", scaled, maps)
        ours, _, about = programs.ours(scaled, mask, maps=maps, method="tv", **options)
        report["tv"] = dict(row(ours[0, 0] * scale, theirs[0, 0] * scale, about, seconds),
                            objective=objective(ours[0, 0]), objective_bart=objective(in_phase(theirs[0, 0], ours[0, 0])),
                            objective_said=about["objective"][-1])
        kept["tv"] = ours[0, 0] * scale
        theirs, seconds, _ = programs.bart("pics", f"-RW:6:0:{arguments.weight}", "-w1",
                                           f"-i{arguments.iterations}", scaled, maps)
        ours, _, about = programs.ours(scaled, mask, maps=maps, method="wavelet", **options)
        report["wavelet"] = row(ours[0, 0] * scale, theirs[0, 0] * scale, about, seconds)
        kept["wavelet"] = ours[0, 0] * scale
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(text + "\n")
    if arguments.picture:
        best = max(arguments.cg_lambdas, key=lambda weight: report[f"cg lambda {weight}"]["psnr"])
        shown = [kept["zero_filled"], kept[f"cg_{best}"], kept["tv"]]
        write_png(pathlib.Path(arguments.picture), picture(kept["reference"], shown))
    if arguments.keep:
        folder = pathlib.Path(arguments.keep)
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in kept.items():
            np.save(folder / f"{name}.npy", array)


if __name__ == "__main__":
    main()
