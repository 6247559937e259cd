"""The index of a TensorFlow checkpoint: a table of names and what lies where, with checksums.

Damage to the table itself is found by its checksums; here they are set right again.
Source: https://github.com/google/leveldb/blob/main/doc/table_format.md.
"""

import struct

from tests.hostile import damage

EMPTY = struct.pack("<II", 0, 1)  # a block without entries
MAGIC = bytes.fromhex("57fb808b247547db")
FOOTER = 48


def _crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0x82F63B78 * (byte & 1)
        yield byte


CRC = tuple(_crc_table())


def checksum(content):
    """The masked CRC-32C, as TensorFlow's records have it too."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def checked(block):
    """A block with its trailer: that it is not packed, and the checksum."""
    return block + b"\0" + checksum(block + b"\0")


def varint(number):
    """A number in groups of seven bits."""
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def write(block):
    """The file whose entries are those of one block."""
    content = checked(block)
    metadata = varint(len(content)) + varint(len(EMPTY))
    content += checked(EMPTY)
    whole = varint(0) + varint(len(block))
    index = bytes([0, 1, len(whole)]) + b"w" + whole + EMPTY
    footer = metadata + varint(len(content)) + varint(len(index))
    return content + checked(index) + footer.ljust(FOOTER - len(MAGIC), b"\0") + MAGIC


def block_of(content):
    """The block of entries in a file that TensorFlow or `write` has written."""
    size = shift = 0
    for byte in content[-FOOTER:]:
        size |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return content[: max(0, size - 5)]


def entries(content, random):
    """Damages the entries of an index and sets the checksums right."""
    return write(damage.some_bytes(block_of(content), random))
