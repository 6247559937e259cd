"""Damage to the bytes of a file: to any, to what is packed in one, to a value in JSON.

Each function takes the bytes and a `random.Random`, and returns other bytes.
"""

import gzip
import io
import json
import math
import struct
import zipfile
import zlib

LIMIT = 2**16  # bytes that damage leaves at most
NUMBERS = [0, 1, 2, 3, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, -1]
TEXTS = [b"/etc/passwd", b"../../x", b"\x1b[2J", b"\r\n", b"\xff\xfe", b'"', b"nan", b"1e999"]
VALUES = [
    *(None, True, False, -1, 0, 1, 2, 0.5, 1e-320, 1e300, math.inf, math.nan),
    *(2**31, 2**63, 10**30, 10**400, "", "1", "a\nb", "\x1b[2J", "\ud800", "../../x", "/etc"),
    *([], {}, [[]], [1] * 2000, {"a": {}}, "float32", "os.system", "mlp", "text_classifier"),
]
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
DEEP = "@deep"  # stands for lists in lists


def flip(content, random):
    """Turns over one bit."""
    place = random.randrange(max(1, len(content)))
    return (
        content[:place]
        + bytes(b ^ 1 << random.randrange(8) for b in content[place : place + 1])
        + content[place + 1 :]
    )


def cut(content, random):
    """Takes out a piece, often all to the end."""
    start = random.randrange(len(content) + 1)
    end = random.choice([len(content), start + random.randrange(64)])
    return content[:start] + content[end:]


def insert(content, random):
    """Puts in a few bytes: random ones, a text that may do harm, or bytes of the file itself."""
    place, start = (random.randrange(len(content) + 1) for _ in range(2))
    own = content[start : start + random.randrange(64)]
    return (
        content[:place]
        + random.choice([random.randbytes(4), random.choice(TEXTS), own])
        + content[place:]
    )


def swap(content, random):
    """Exchanges two fields of the same width."""
    width = random.choice([1, 2, 4, 8, 64])
    one, other = sorted(random.randrange(len(content) + 1) for _ in range(2))
    if one + width > other:
        return content
    first, second = content[one : one + width], content[other : other + width]
    return content[:one] + second + content[one + width : other] + first + content[other + width :]


def number(content, random):
    """Writes a number at the edge of its type over some bytes."""
    width, order = random.choice([1, 2, 4, 8]), random.choice(["little", "big"])
    value = random.choice(NUMBERS) % 2 ** (8 * width)
    place = random.randrange(len(content) + 1)
    return content[:place] + value.to_bytes(width, order) + content[place + width :]


BYTES = (flip, cut, insert, swap, number)


def some_bytes(content, random):
    """Damages any file."""
    return random.choice(BYTES)(content, random)


def gzipped(content, random, inside=some_bytes):
    """Damages what is in a gzip file."""
    return gzip.compress(inside(_inflate(content, 31), random), mtime=0)


def _inflate(content, form=15):
    """What is packed in bytes, as far as it is whole; `form` is zlib's number for it."""
    try:
        return zlib.decompressobj(form).decompress(content, LIMIT)
    except zlib.error:
        return content


def png(content, random):
    """Damages a chunk of a PNG file, sets its checksum right, and may put it elsewhere."""
    chunks, place = [], 8
    while place + 12 <= len(content):
        (size,) = struct.unpack(">I", content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += 12 + size
    if not chunks:
        return some_bytes(content, random)
    which = random.randrange(len(chunks))
    kind, body = chunks[which]
    if kind == b"IDAT" and random.random() < 0.5:
        body = zlib.compress(some_bytes(_inflate(body), random))
    else:
        body = some_bytes(body, random)
    if random.random() < 0.2:
        kind = random.choice(
            [
                b"tRNS",
                b"PLTE",
                b"iCCP",
                b"zTXt",
                b"iTXt",
                b"acTL",
                b"fcTL",
                b"fdAT",
                b"eXIf",
                b"pHYs",
                b"gAMA",
            ]
        )
        chunks.insert(random.randrange(1, len(chunks) + 1), (kind, body))
    else:
        chunks[which] = kind, body
    return content[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def zipped(content, random):
    """Damages a member of a zip file, or its name."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except UNREADABLE:
        return some_bytes(content, random)
    if not members:
        return some_bytes(content, random)
    name = random.choice(list(members))
    if random.random() < 0.1:
        members[name + random.choice(["x", ".npy", "/../../x"])] = members.pop(name)
    else:
        members[name] = some_bytes(members[name], random)
    stream = io.BytesIO()
    with zipfile.ZipFile(
        stream, "w", random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    ) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name), body)
    return stream.getvalue()


def json_value(content, random):
    """Puts another value in the place of one in JSON, or takes one away, or gives another name."""
    try:
        tree = json.loads(content)
        places = list(_places(tree))
        parent, key = random.choice(places)
    except (ValueError, RecursionError, IndexError):
        return some_bytes(content, random)
    other, other_key = random.choice(places)
    value = random.choice([other[other_key], random.choice(VALUES), DEEP])
    act = random.randrange(8)
    if act == 0:
        del parent[key]
    elif isinstance(parent, dict) and act == 1:
        parent[random.choice([str(other_key), "a\nb", "__class__", ""])] = parent.pop(key)
    elif isinstance(parent, list) and act == 2:
        parent += [value] * random.choice([1, 2, 1200])
    else:
        parent[key] = value
    try:
        text = json.dumps(tree)
    except (ValueError, RecursionError):  # a value that holds itself
        return content
    levels = random.choice([3, 100, 300, 330, 480, 900, 960, 990, 50_000])
    deep = "[" * levels + "]" * levels
    return text.replace(f'"{DEEP}"', deep, 1).encode()


def _places(tree):
    """(container, key) of each value in a tree."""
    for key in (
        tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    ):
        yield tree, key
        yield from _places(tree[key])
