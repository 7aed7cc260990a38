#!/usr/bin/env python3
"""Writes the seeds of every fuzz target into tests/fuzz/corpus/: standard library only, the same bytes each time."""

import io
import json
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

HERE = Path(__file__).resolve().parent / "corpus"


def put(target, name, content):
    folder = HERE / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def npy(descr="<f4", shape=(2, 3), fortran=False, version=1, width=4):
    count = 1
    for extent in shape:
        count *= extent
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(i % 61 for i in range(count * width))


def zipped(members, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, content in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def field(number, value):
    """A field of a protobuf message: a whole number, a float, a text, bytes, or a list of fields."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    content = b"".join(value) if isinstance(value, list) else value
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value):
    low, value = value & 0x7F, (value & (1 << 64) - 1) >> 7
    return bytes([low | 0x80]) + varint(value) if value else bytes([low])


def onnx_tensor(name, shape, content, kind=1, where=9):
    dims = field(1, [varint(extent) for extent in shape])
    return [dims, field(2, kind), field(8, name), field(where, content)]


def onnx_attribute(name, **content):
    numbers = {"real": 2, "number": 3, "text": 4, "tensor": 5, "graph": 6}
    fields = [field(numbers[key], value) for key, value in content.items() if key != "list"]
    return field(5, [field(1, name), *fields, *(field(8, value) for value in content.get("list", []))])


def onnx_node(op, inputs, output, *attributes):
    return field(1, [*(field(1, name) for name in inputs), field(2, output), field(4, op), *attributes])


def onnx(*graph):
    metadata = field(14, [field(1, "framework"), field(2, "3d-speaker")])
    return field(1, 8) + field(2, "seed") + field(7, list(graph)) + metadata


class Global:
    """Pickles as a bare reference to module.name, which need not exist here."""

    def __init__(self, path):
        self.path = path


class Call:
    def __init__(self, path, *arguments):
        self.path, self.arguments = path, arguments


class Persistent:
    def __init__(self, ident):
        self.ident = ident


def text(value):
    content = value.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def pickled(value):
    """Opcodes as torch.save writes them (protocol 2), of the classes above and of plain data."""
    if isinstance(value, Global):
        module, name = value.path.rsplit(".", 1)
        return b"c" + module.encode() + b"\n" + name.encode() + b"\n"
    if isinstance(value, Call):
        return pickled(Global(value.path)) + pickled(tuple(value.arguments)) + b"R"
    if isinstance(value, Persistent):
        return pickled(value.ident) + b"Q"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(pickled, value)) + b"t"
    if isinstance(value, dict):
        return b"}(" + b"".join(pickled(key) + pickled(item) for key, item in value.items()) + b"u"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return text(value)
    if value is None:
        return b"N"
    raise TypeError(type(value))


def tensor(
    storage="torch.FloatStorage", key="0", count=24, offset=0, size=(4, 6), stride=(6, 1), device="cpu"
):
    ident = ("storage", Global(storage), key, device, count)
    return Call(
        "torch._utils._rebuild_tensor_v2",
        Persistent(ident),
        offset,
        size,
        stride,
        False,
        Call("collections.OrderedDict"),
    )


def torch_pickles():
    parameter = Call("torch._utils._rebuild_parameter", tensor(), True, Call("collections.OrderedDict"))
    states = {
        "state_dict": {"a.weight": tensor(), "a.bias": tensor(size=(6,), stride=(1,))},
        "strided": {
            "t": tensor(size=(6, 4), stride=(1, 6)),
            "e": tensor(size=(0, 3), stride=(3, 1)),
            "s": tensor(size=(), stride=()),
        },
        "types": {
            "h": tensor("torch.HalfStorage", "0", 48, 1, (6,), (8,)),
            "b": tensor("torch.ByteStorage", "1", 7, 0, (7,), (1,)),
        },
        "expanded": {
            "x": tensor(size=(3, 6), stride=(0, 1)),
            "p": parameter,
            "z": Call("torch.Size", (1, 2)),
        },
        "lightning": {
            "epoch": 1,
            "lr": 0.5,
            "hyper_parameters": {"n": None, "ok": True},
            "state_dict": {"w": tensor()},
            "callbacks": Call("some.module.Thing", "x"),
        },
    }
    return {name: b"\x80\x02" + pickled(state) + b"." for name, state in states.items()}


def make_weight_files():
    put("npy", "f4", npy())
    put("npy", "f8_v2", npy("<f8", (3,), version=2, width=8))
    put("npy", "column_major", npy("<f2", (3, 2, 2), fortran=True, width=2))
    put("npy", "scalar_v3", npy("<i8", (), version=3, width=8))
    put("npy", "empty", npy("|b1", (0, 4), width=1))
    members = [("a.weight.npy", npy()), ("b.npy", npy("<f8", (2,), width=8)), ("note.txt", b"no array")]
    for target in ("npz", "zip"):
        put(target, "stored", zipped(members))
        put(target, "deflated", zipped(members, zipfile.ZIP_DEFLATED))
        put(target, "bzip2", zipped(members[:1], zipfile.ZIP_BZIP2))
        put(target, "empty", zipped([]))
        put(target, "nested_names", zipped([("folder/", b""), ("folder/../x.npy", npy())]))
    one = struct.pack("<6f", *range(6))
    put("safetensors", "f32", safetensors([("a.weight", "F32", [2, 3], one)], {"format": "pt"}))
    put(
        "safetensors",
        "many",
        safetensors(
            [
                ("a", "F16", [2], b"\0" * 4),
                ("b", "BF16", [1, 2], b"\1" * 4),
                ("c", "I64", [1], b"\2" * 8),
                ("d", "BOOL", [], b"\1"),
                ("e", "U8", [0], b""),
            ]
        ),
    )
    put("safetensors", "lies", safetensors([("a", "F32", [1 << 40, 3], one)]))
    put("safetensors", "header_claims_all", b"\xff" * 7 + b"\x7f{}")


def make_onnx():
    """Small pieces of every kind of layer; whole networks are too large for seeds."""
    tensors = [
        field(5, onnx_tensor(name, shape, struct.pack(f"<{count}f", *range(count)), where=where))
        for name, shape, count, where in (
            ("w", [2, 1, 3, 3], 18, 9),
            ("c", [2], 2, 4),
            ("m", [3, 2], 6, 9),
            ("l", [2, 8, 2], 32, 9),
            ("r", [2, 8, 2], 32, 9),
            ("b", [2, 16], 32, 4),
        )
    ]
    pads = [onnx_attribute("pads", list=[1, 1, 1, 1]), onnx_attribute("strides", list=[2, 1])]
    nodes = [
        onnx_node("Conv", ["x", "w"], "v1", *pads),
        onnx_node(
            "BatchNormalization", ["v1", "c", "c", "c", "c"], "v2", onnx_attribute("epsilon", real=1e-5)
        ),
        onnx_node("Relu", ["v2"], "v3"),
        onnx_node("LSTM", ["v3", "l", "r", "b"], "v4", onnx_attribute("direction", text="bidirectional")),
        onnx_node("MatMul", ["v4", "m"], "v5"),
        onnx_node("Add", ["c", "v5"], "v6"),
        onnx_node("Gemm", ["v6", "m", "c"], "v7", onnx_attribute("transB", number=0)),
        onnx_node("Sub", ["v7", "c"], "v8"),
    ]
    put("onnx", "layers", onnx(*tensors, *nodes, field(11, [field(1, "feats")]), field(12, [field(1, "v8")])))
    put("onnx", "embedding", onnx(*tensors, *nodes[:3], *(n for n in nodes[4:])))
    pooled = [
        onnx_node("Abs", ["c"], "low"),
        onnx_node("Transpose", ["m"], "t", onnx_attribute("perm", list=[1, 0])),
        onnx_node("Shape", ["x"], "s"),
        onnx_node("AveragePool", ["x"], "p", onnx_attribute("kernel_shape", list=[100])),
        onnx_node("MaxPool", ["x"], "q", onnx_attribute("kernel_shape", list=[3])),
    ]
    constant = onnx_tensor("", [1], b"\0" * 8, kind=7)
    branch = [
        onnx_node("LeakyRelu", ["x"], "i", onnx_attribute("alpha", real=0.01)),
        field(12, [field(1, "i")]),
    ]
    put(
        "onnx",
        "branch",
        onnx(
            *tensors,
            *pooled[:3],
            onnx_node("Constant", [], "k", onnx_attribute("value", tensor=constant)),
            onnx_node("If", ["s"], "o", onnx_attribute("then_branch", graph=branch)),
            *pooled[3:],
        ),
    )
    external = [*onnx_tensor("e", [2], b""), field(13, [field(1, "location"), field(2, "x")]), field(14, 1)]
    put("onnx", "external", onnx(field(5, external)))
    put("onnx", "lies", onnx(field(5, onnx_tensor("a", [1 << 40, 3], b"\0" * 8))))
    put("onnx", "half", onnx(field(5, onnx_tensor("a", [2], b"\0" * 4, kind=10))))


def make_pickles():
    for name, content in torch_pickles().items():
        put("pickle", name, content)
        put("torch_checkpoint", name, content)
        several = name == "types"
        storages = b"\x80\x02](" + text("0") + (text("1") if several else b"") + b"e."
        data = (
            struct.pack("<Q", 48 if several else 24)
            + b"\x3f" * 96
            + (struct.pack("<Q", 7) + b"\1" * 7 if several else b"")
        )
        put("torch_legacy", name, content + storages + data)
        put(
            "zip",
            "torch_" + name,
            zipped(
                [
                    ("archive/data.pkl", content),
                    ("archive/byteorder", b"little"),
                    ("archive/data/0", b"\x3f" * 96),
                    ("archive/data/1", b"\1" * 7),
                ]
            ),
        )
    data = OrderedDict(
        a=[1, 2.5, None, True, -7, 1 << 40, 1 << 80], b=(1,), c={"x": {1, 2}}, d=b"bytes", e=frozenset((3, 4))
    )
    for protocol in (2, 3, 4, 5):
        put("pickle", f"plain_{protocol}", pickletools.optimize(pickle.dumps(data, protocol)))
    itself = []
    itself.append(itself)
    put("pickle", "cycle", pickle.dumps(itself, 2))
    put("pickle", "hostile", b"\x80\x02cposix\nsystem\n" + text("touch x") + b"\x85R.")
    put("pickle", "deep", b"N" + b"\x85" * 300 + b".")


# One of each, in the order of diar::formats(): a target's first byte chooses.
FORMATS = {
    "rttm": "SPEAKER talk 1 0.000 1.500 <NA> <NA> A <NA> <NA>\nSPEAKER other 1 1 0 <NA> <NA> B\n",
    "json": '{"uri": "talk", "duration_s": 3, "turns": [{"start_s": 0, "end_s": 1.5, "speaker": "A"}], "exclusive_turns": [],'
    ' "embeddings": [{"speaker": "A", "values": [1, -0.5]}], "model": {"name": "m"}, "elapsed_s": 1}\n'
    '{"turns": []}',
    "csv": 'uri,start_s,end_s,speaker\ntalk,0.000,1.500,"A, ""B"""\nother,1,1,C\n',
    "srt": "1\n00:00:00,000 --> 00:00:01,500\nA\n\n2\n00:00:01,000 --> 01:00:02,000\nB: x\n",
    "vtt": "WEBVTT - talk\n\nNOTE x\n\n1\n00:00.000 --> 00:01.500 align:left\n<v A &amp; B>A</v>\n",
    "textgrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\nsize = 1\nitem []:\n'
    '    item [1]:\n        class = "IntervalTier"\n        name = "A ""B"""\n        xmin = 0\n        xmax = 2\n'
    '        intervals: size = 1\n        intervals [1]:\n            xmin = 0\n            xmax = 2\n            text = "A"\n',
    "audacity": "0.000000\t1.500000\tA\n1\t2\tB C\n",
    "eaf": '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>'
    '<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1500"/></TIME_ORDER>'
    '<TIER TIER_ID="A&#x42;" LINGUISTIC_TYPE_REF="t"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1"'
    ' TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>A</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
    "</ANNOTATION></TIER><!-- x --></ANNOTATION_DOCUMENT>\n",
    "ctm": ";; c\ntalk 1 0.00 1.50 A 1.0\nother 1 1 2 B\n",
}


def make_texts():
    line = "SPEAKER talk 1 {} {} <NA> <NA> {} <NA> <NA>\n"
    put("rttm", "two", line.format("0.000", "1.500", "A") + line.format("1.25", "2", "B"))
    put(
        "rttm",
        "mixed",
        ";; comment\nSPKR-INFO talk 1 <NA>\n\n" + line.format("1e3", ".5", "A").replace(" ", "\t") + "\r\n",
    )
    put("rttm", "bad", "SPEAKER talk 1 nan 1 <NA> <NA> A\n")
    put("rttm", "huge", line.format("1e308", "1e308", "A"))
    for number, (name, content) in enumerate(FORMATS.items()):
        put("formats", name, bytes([number]) + content.encode())
    words = [
        {"word": " one", "start": 0.1, "end": 0.5, "probability": 0.9},
        {"word": " two"},
        {"word": "!", "start": 1.0, "end": 1.2},
    ]
    put(
        "transcript",
        "whisper",
        json.dumps(
            {"language": "en", "segments": [{"start": 0, "end": 2, "text": " one two!", "words": words}]}
        ),
    )
    put(
        "transcript",
        "whisperx",
        json.dumps(
            {"segments": [{"start": 0.0, "end": 1.0, "text": "one", "speaker": "B"}], "word_segments": []}
        ),
    )
    put(
        "transcript",
        "whisper_cpp",
        json.dumps(
            {
                "result": {"language": "de"},
                "transcription": [
                    {
                        "offsets": {"from": 0, "to": 1500},
                        "text": " ein Wort",
                        "tokens": [
                            {"text": " ein", "offsets": {"from": 0, "to": 700}, "p": 0.5},
                            {"text": " W", "offsets": {"from": 700, "to": 900}, "p": 0.5},
                            {"text": "ort", "offsets": {"from": 900, "to": 1500}, "p": 0.7},
                        ],
                    }
                ],
            }
        ),
    )
    put("transcript", "srt", FORMATS["srt"])
    put("transcript", "vtt", FORMATS["vtt"])
    put("uem", "two", "talk 1 0.000 10.5\nother 1 2 3\n")
    put("uem", "mixed", ";; comment\n\ntalk\tNA 0 1e2\r\n")
    put("uem", "bad", "talk 1 5 2\n")
    model = {
        "format": "diarize.cpp model",
        "version": 1,
        "name": "m",
        "licence": "MIT",
        "segmentation": {"duration_s": 10.0, "step_s": 1.0, "min_duration_off_s": 0.0},
        "embedding": {"exclude_overlap": True},
        "clustering": {"method": "vbx", "threshold": 0.6, "fa": 0.07, "fb": 0.8},
    }
    put("model_json", "full", json.dumps(model, indent=1))
    put("model_json", "least", '{"format": "diarize.cpp model", "version": 1}')
    put("model_json", "deep", '{"format": ' + "[" * 40 + "]" * 40 + "}")
    config = (
        "dependencies:\n  pyannote.audio: 4.0.0\n\npipeline:\n  name: "
        "pyannote.audio.pipelines.SpeakerDiarization\n  params:\n"
        "    clustering: VBxClustering\n    segmentation: $model/segmentation\n    segmentation_step: 0.1\n"
        "    embedding_exclude_overlap: true\n\nparams:\n  clustering:\n    threshold: 0.6\n    Fa: 0.07\n   "
        " Fb: 0.8\n"
        "  segmentation:\n    min_duration_off: 0.0\n"
    )
    put("config_yaml", "community_1", config)
    put(
        "config_yaml",
        "flow",
        "{pipeline: {params: {segmentation_step: .1, clustering: 'VBxClustering'}}, params: &p {x: *p}}\n",
    )
    put("config_yaml", "tags", '%YAML 1.2\n---\n!!map {? [a, b] : |+\n  text\n, "q\\u00e9": ~}\n...\n')
    put("config_yaml", "deep", "a: " + "[" * 60 + "]" * 60 + "\n")
    entry = {
        "name": "mine",
        "description": "d",
        "licence": "MIT",
        "repository": "org/name",
        "revision": "main",
        "entry": "a/w.npz",
        "gated": False,
        "tried": True,
        "files": [{"path": "a/w.npz", "size": 7, "sha256": "0" * 64}],
    }
    put("manifest", "one", json.dumps({"version": 1, "models": [entry]}))
    put(
        "manifest",
        "outside",
        json.dumps({"version": 1, "models": [dict(entry, entry="", files=[{"path": "../x"}])]}),
    )


def make_call_orders():
    """Calls of three bytes (rate, which one, handle), and what each of them takes: targets/c_api_fuzz.cc."""
    run, read, finish, free = 8, 9, 4, 6
    session = [0, 0, 0, 0, 0, 1, 3, 128 + 3, 0, 1, 0, 3, 3, 0]
    put("c_api", "session", bytes([*session, 0, finish, 3, 0, read, 4, 0, 0, 0, 0, free, 3, 0, 7, 4]))
    put(
        "c_api",
        "wrong_order",
        bytes([0, finish, 3, 0, free, 0, *session, 0, 5, 3, 0, finish, 3, 0, free, 3, 0, free, 3]),
    )
    # Options of its own, samples, events before and after the end, a second end, the result, all freed.
    live = [0, 13, 0, 1, 3, 1, 0, 0, 14, 3, 128 + 3, 0, 1, 0, 15, 3, 1, 0, 0, 0, 16, 3]
    put(
        "c_api",
        "live",
        bytes(
            [
                *live,
                0,
                15,
                3,
                1,
                0,
                0,
                0,
                15,
                3,
                0,
                1,
                0,
                0,
                16,
                3,
                0,
                read,
                4,
                0,
                0,
                0,
                0,
                18,
                3,
                0,
                15,
                3,
                1,
                0,
                0,
            ]
        ),
    )
    put(
        "c_api",
        "live_cancelled",
        bytes([*live[:13], 0, 17, 3, 0, 14, 3, 2, 0, 1, 0, 15, 3, 1, 0, 0, 0, 78, 3]),
    )
    put("c_api", "whole", bytes([2, run, 0, 128 + 3, 3, 1, 1, 0, read, 3, 0, 0, 1, 0, 12, 3, 0, 11, 0, 1]))


def make_stated_lengths():
    u32, u64 = (lambda value, form=form: struct.pack(form, value) for form in ("<I", "<Q"))
    wave = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    fmt = b"fmt " + u32(16) + wave
    put("stated_length", "pcm", b"RIFF" + u32(100) + b"WAVE" + fmt + b"data" + u32(64) + bytes(64))
    put(
        "stated_length",
        "list_first",
        b"RIFF" + u32(100) + b"WAVELIST" + u32(3) + b"abc\0" + fmt + b"data\xff\xff\xff\xff",
    )
    put("stated_length", "no_rate", b"RIFF\0\0\0\0WAVEfmt " + u32(16) + bytes(16) + b"data" + u32(64))
    put(
        "stated_length",
        "rf64",
        b"RF64\xff\xff\xff\xffWAVEds64"
        + u32(28)
        + u64(1 << 33)
        + u64(1 << 33)
        + u64(1 << 32)
        + u32(0)
        + fmt
        + b"data\xff\xff\xff\xff"
        + bytes(8),
    )
    put(
        "stated_length",
        "rifx",
        b"RIFX\0\0\0\x40WAVEfmt \0\0\0\x10"
        + struct.pack(">HHIIHH", 1, 1, 16000, 32000, 2, 16)
        + b"data\0\0\0\x10"
        + bytes(16),
    )
    tail = bytes.fromhex("f3acd3118cd100c04f8edb8a")
    put(
        "stated_length",
        "w64",
        b"riff"
        + bytes.fromhex("2e91cf11a5d628db04c10000")
        + u64(200)
        + b"wave"
        + tail
        + b"fmt "
        + tail
        + u64(40)
        + wave
        + b"data"
        + tail
        + u64(24 + 64)
        + bytes(64),
    )
    put(
        "stated_length",
        "caf",
        b"caff\0\1\0\0desc"
        + struct.pack(">Qd4sIIIII", 32, 16000.0, b"lpcm", 0, 2, 1, 1, 16)
        + b"data"
        + struct.pack(">QI", 68, 0)
        + bytes(64),
    )
    movi = b"LIST" + u32(4 + 8 + 16) + b"movi01wb" + u32(16) + bytes(16)
    hdrl = b"LIST" + u32(4) + b"hdrl"
    riff = b"AVI " + hdrl + movi
    put(
        "stated_length",
        "avi",
        b"RIFF" + u32(len(riff)) + riff + b"RIFF" + u32(4 + len(movi)) + b"AVIX" + movi,
    )
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365") + u64(104) + bytes(80)
    data = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c") + u64(50 + 64) + bytes(26 + 64)
    put(
        "stated_length",
        "asf",
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
        + u64(30 + 104)
        + u32(1)
        + b"\1\2"
        + properties
        + data,
    )
    put(
        "stated_length",
        "matroska",
        b"\x1a\x45\xdf\xa3\x84webm\xec\x82\0\0\x18\x53\x80\x67\x01\0\0\0\0\0\0\x40" + bytes(64),
    )
    put(
        "stated_length",
        "mp4",
        b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08free\0\0\0\x01mdat"
        + struct.pack(">Q", 48)
        + bytes(32)
        + b"\0\0\0\x08moof\0\0\0\0mdat",
    )
    put(
        "stated_length",
        "adx",
        b"\x80\0\0\x20\3\x12\4\1\0\0\x3e\x80\0\0\0\x40" + bytes(14) + b"(c)CRI" + bytes(36),
    )
    put("stated_length", "smaf", b"MMMD\0\0\0\x20CNTI\0\0\0\5" + bytes(24))
    put("stated_length", "flash", b"FWS\4\x30\0\0\0" + bytes(40))
    put("stated_length", "ogg_page", b"OggS\0\4" + bytes(20) + b"\2\x03\x02" + bytes(5))


if __name__ == "__main__":
    make_weight_files()
    make_onnx()
    make_pickles()
    make_texts()
    make_stated_lengths()
    make_call_orders()
