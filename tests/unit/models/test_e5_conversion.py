from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.models.e5_conversion import read_e5_file

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁강", -1.5), ("의", -2.5)]


def packed_file(tensors: list[tuple[str, int, bytes, int]], block_size: int = 32) -> bytes:
    """A file of the layout that e5.c reads: tensors are (name, kind, bytes, values)."""
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 2, 64, 6, 16, 2, 1e-12, block_size)
    encoded = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    scores = np.array([score for _, score in PIECES], "<f4")
    vocabulary = struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, encoded)))
    vocabulary += offsets.tobytes() + scores.tobytes() + b"".join(encoded)
    table = struct.pack("<IBI", ord("\n"), 1, ord(" "))
    body = head + vocabulary + struct.pack("<iI", 1, len(table)) + table
    directory_size = 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    offset, directory, data = len(body) + directory_size, struct.pack("<i", len(tensors)), b""
    for name, kind, content, values in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, values, offset + len(data), len(content))
        data += content
    return body + directory + data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.bin"


def test_pieces_and_dimensions_are_read(path: Path) -> None:
    path.write_bytes(packed_file([]))
    model = read_e5_file(path)
    assert (model.hidden, model.layers, model.heads, model.feed_forward) == (32, 1, 2, 64)
    assert (model.vocabulary, model.positions, model.token_types) == (6, 16, 2)
    assert model.pieces == PIECES
    assert model.special == (0, 2, 1, 3)


def test_four_bit_blocks_are_scale_times_nibble_minus_eight(path: Path) -> None:
    nibbles = bytes((low | (15 - low) << 4) for low in range(16))  # byte j: weight j low, weight j + 16 high
    path.write_bytes(packed_file([("w", 1, np.float16(0.5).tobytes() + nibbles, 32)]))
    expected = [(low - 8) * 0.5 for low in range(16)] + [(15 - low - 8) * 0.5 for low in range(16)]
    assert read_e5_file(path).tensors["w"].tolist() == expected


def test_plain_tensors_are_read_as_they_are(path: Path) -> None:
    values = np.array([1.5, -2.0, 3.25], "<f4")
    path.write_bytes(packed_file([("b", 0, values.tobytes(), 3)]))
    assert read_e5_file(path).tensors["b"].tolist() == values.tolist()


def test_a_tensor_of_another_size_than_it_says_is_refused(path: Path) -> None:
    path.write_bytes(packed_file([("b", 0, bytes(12), 4)]))
    with pytest.raises(ModelError, match="damaged"):
        read_e5_file(path)


def test_another_block_size_is_refused(path: Path) -> None:
    path.write_bytes(packed_file([], block_size=64))
    with pytest.raises(ModelError, match="block size"):
        read_e5_file(path)


@pytest.mark.parametrize("size", [0, 3, 10, 60, 150])
def test_a_cut_file_is_refused(path: Path, size: int) -> None:
    path.write_bytes(packed_file([("b", 0, bytes(12), 3)])[:size])
    with pytest.raises(ModelError, match="damaged"):
        read_e5_file(path)
