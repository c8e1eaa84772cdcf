"""Makes testdata/images/images.json: small files of images, and what TensorFlow decodes them to.

    python scripts/goldens/images.py            # needs requirements.txt and Pillow

A case is the name of a file (base64), an op of TensorFlow, its attributes and inputs, and the type, shape and SHA-256 of
its output, or that TensorFlow refuses it. Pixels are drawn by seeds, and files written by TensorFlow, by Pillow, and here.
"""

import base64
import hashlib
import io
import json
import os
import struct
import zlib

from tensorflow_process import ENVIRONMENT

os.environ.update(ENVIRONMENT)

import numpy as np
import tensorflow as tf
from PIL import Image

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../testdata/images/images.json")
RNG = np.random.default_rng(17)
CASES, FILES = [], {}


def pixels(h, w, c):
    """Waves, edges and noise."""
    y, x = np.mgrid[:h, :w][..., None] * np.ones(c)
    a, b, d = RNG.uniform(0.05, 0.6, (3, c))
    v = 128 + 80 * np.sin(a * x + b * y) + 40 * (np.sin(d * (x - y)) > 0) + RNG.normal(0, 12, (h, w, c))
    return np.clip(v, 0, 255).astype(np.uint8)


def case(name, file, op, window=None, **attrs):
    """Records what TensorFlow makes of a file."""
    inputs = {"contents": file} | ({"crop_window": window} if window else {})
    FILES[name] = base64.b64encode(file).decode()
    entry = {"file": name, "op": op, "attrs": attrs} | ({"window": window} if window else {})
    try:
        y = getattr(tf.raw_ops, op)(**inputs, **{k: tf.as_dtype(v) if k in ("dtype", "output_type") else v for k, v in attrs.items()}).numpy()
        entry |= {"type": str(y.dtype), "shape": list(y.shape), "sha256": hashlib.sha256(y.tobytes()).hexdigest()}
    except tf.errors.OpError:
        entry["refused"] = True
    CASES.append(entry)


def pil(a, format="JPEG", mode=None, **options):
    b = io.BytesIO()
    Image.fromarray(a.squeeze() if a.shape[-1] == 1 else a, mode).save(b, format, **options)
    return b.getvalue()


def jpegs():
    """The JPEG files, by name."""
    files = {}
    for name, sampling in [("444", 0), ("422", 1), ("420", 2)]:
        for h, w in [(1, 1), (17, 33), (40, 23)]:
            files[f"{name}_{h}x{w}"] = pil(pixels(h, w, 3), subsampling=sampling, quality=int(RNG.integers(20, 96)))
        files[f"{name}_progressive"] = pil(pixels(29, 37, 3), subsampling=sampling, progressive=True)
        files[f"{name}_restarts"] = pil(pixels(35, 50, 3), subsampling=sampling, restart_marker_blocks=2)
    files["noise"] = pil(RNG.integers(0, 256, (24, 24, 3)).astype(np.uint8), quality=100, subsampling=0)
    files["coarse"] = pil(RNG.choice([0, 255], (24, 24, 3)).astype(np.uint8), quality=1)
    files["grey"] = pil(pixels(21, 19, 1))
    files["grey_progressive"] = pil(pixels(21, 19, 1), progressive=True, optimize=True)
    files["cmyk"] = pil(pixels(18, 21, 4), mode="CMYK")
    files["rgb"] = pil(pixels(18, 21, 3), keep_rgb=True)
    files["tensorflow"] = tf.io.encode_jpeg(pixels(31, 30, 3), quality=80, chroma_downsampling=True).numpy()
    files["tensorflow_progressive"] = tf.io.encode_jpeg(pixels(31, 30, 3), progressive=True, optimize_size=True).numpy()
    return files


def without_tables(file):
    """A JPEG without its Huffman tables, as frames of Motion JPEG are."""
    out, i = file[:2], 2
    while file[i + 1] != 0xDA:
        n = 2 + int.from_bytes(file[i + 2 : i + 4], "big")
        out += b"" if file[i + 1] == 0xC4 else file[i : i + n]
        i += n
    return out + file[i:]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(kind, depth, extra=b"", h=5, w=7):
    """A PNG of any depth, not interlaced, of noise; extra are chunks before the pixels."""
    bits = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind] * depth * w
    rows = b"".join(b"\0" + RNG.integers(0, 256, (bits + 7) // 8).astype(np.uint8).tobytes() for _ in range(h))
    header = struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def palette(n, transparent=0):
    extra = chunk(b"PLTE", RNG.integers(0, 256, 3 * n).astype(np.uint8).tobytes())
    return extra + (chunk(b"tRNS", RNG.integers(0, 256, transparent).astype(np.uint8).tobytes()) if transparent else b"")


def pngs():
    files = {f"{kind}_{depth}": png(kind, depth) for kind, depths in [(0, [1, 2, 4, 8, 16]), (2, [8, 16]), (4, [8, 16]), (6, [8, 16])] for depth in depths}
    files |= {f"3_{depth}": png(3, depth, palette(1 << depth)) for depth in [1, 2, 4, 8]}
    files["3_4_transparent"] = png(3, 4, palette(16, 9))
    files["0_2_transparent"] = png(0, 2, chunk(b"tRNS", struct.pack(">H", 2)))
    files["gamma"] = png(2, 8, chunk(b"gAMA", struct.pack(">I", 45455)))
    return files


def gifs():
    frames = [Image.fromarray(pixels(9, 12, 3)) for _ in range(3)]
    b = io.BytesIO()
    frames[0].save(b, "GIF", save_all=True, append_images=frames[1:], duration=50)
    one = io.BytesIO()
    frames[0].save(one, "GIF", interlace=1)
    return {"animation": b.getvalue(), "one": one.getvalue()}


def bmp(channels, height=3, width=5, start=54):
    row = (channels * width + 3) // 4 * 4
    data = RNG.integers(0, 256, row * abs(height) + start - 30).astype(np.uint8).tobytes()
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + struct.pack("<IiiHH", 40, width, height, 1, 8 * channels) + data


def main():
    files = jpegs()
    for name, file in files.items():
        case(name, file, "DecodeJpeg")
        case(name, file, "ExtractJpegShape")
    for name in ["420_17x33", "422_17x33", "444_17x33", "420_progressive", "cmyk", "rgb", "grey"]:
        for attrs in [{"channels": 1}, {"channels": 3}, {"fancy_upscaling": False}, {"dct_method": "INTEGER_ACCURATE"}, {"ratio": 2}, {"ratio": 4}, {"ratio": 8}, {"channels": 4}]:
            case(name, files[name], "DecodeJpeg", **attrs)
        case(name, files[name], "DecodeAndCropJpeg", window=[3, 5, 9, 11])
        case(name, files[name], "DecodeAndCropJpeg", window=[0, 17, 17, 2])
        for dtype in ["uint16", "float32"]:
            case(name, files[name], "DecodeImage", dtype=dtype)
    whole = files["420_17x33"]
    for name, file in [("half", whole[: len(whole) // 2]), ("header", whole[:100]), ("no_end", whole[:-2]), ("three", whole[:3]), ("zeros", whole[:300] + bytes(40) + whole[340:])]:
        case("cut_" + name, file, "DecodeJpeg")
    case("cut_recovered", whole[:-2], "DecodeJpeg", try_recover_truncated=True)
    case("outside", whole, "DecodeAndCropJpeg", window=[3, 5, 15, 11])
    for name, file in pngs().items():
        for dtype in ["uint8", "uint16"]:
            for channels in [0, 1, 3, 4]:
                if name != "gamma" or channels != 1:
                    case("png_" + name, file, "DecodePng", dtype=dtype, channels=channels)
        case("png_" + name, file, "DecodeImage", dtype="float32")
    case("png_cut", png(2, 8)[:-20], "DecodePng")
    for name, file in gifs().items():
        for op, attrs in [("DecodeGif", {}), ("DecodeImage", {}), ("DecodeImage", {"expand_animations": False}), ("DecodeImage", {"dtype": "float32"}), ("DecodePng", {}), ("DecodeImage", {"channels": 1})]:
            case("gif_" + name, file, op, **attrs)
    for name, file in [("1", bmp(1)), ("3", bmp(3)), ("4", bmp(4)), ("down", bmp(3, -3)), ("long", bmp(3) + b"\0"), ("palette", bmp(1, start=1078))]:
        for channels in [0, 1, 3, 4]:
            case("bmp_" + name, file, "DecodeBmp", channels=channels)
        case("bmp_" + name, file, "DecodeImage")
        case("bmp_" + name, file, "DecodeJpeg")
    case("nothing", b"", "DecodeImage")
    case("text", b"no image at all", "DecodeImage")
    case("without_tables", without_tables(files["tensorflow"]), "DecodeJpeg")
    case("without_tables_progressive", without_tables(files["tensorflow_progressive"]), "DecodeJpeg")
    tall = pil(pixels(90, 20, 3), subsampling=2)
    for window in [[3, 2, 9, 11], [70, 2, 9, 11]]:
        case("cut_below", tall[:-100], "DecodeAndCropJpeg", window=window)
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "w") as f:
        files = ",\n".join(f"{json.dumps(n)}: {json.dumps(b)}" for n, b in FILES.items())
        cases = ",\n".join(json.dumps(c) for c in CASES)
        f.write(f'{{"files": {{\n{files}\n}}, "cases": [\n{cases}\n]}}\n')
    print(len(CASES), "cases,", sum("refused" in c for c in CASES), "refused")


if __name__ == "__main__":
    main()
