from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from courtside_server.errors import ModelInvalid, ModelNotFound
from courtside_server.inference.engine import ModelInfo, TensorSpec, check_signature
from courtside_server.inference.repository import ModelRepository

IO = """
input { name: "x" data_type: TYPE_FP32 dims: [4] }
output { name: "y" data_type: TYPE_FP32 dims: [4] }
"""
F32 = np.dtype(np.float32)


def test_a_whole_config_is_read(make_model: Callable[..., Path], repository: Path) -> None:
    make_model(
        "shot",
        batch=6,
        dims=(16, -1),
        shape=(16, "width"),
        versions=(1, 3, 10),
        extra="""
        version_policy { latest { num_versions: 2 } }
        instance_group [ { count: 2 kind: KIND_CPU } ]
        dynamic_batching {
          preferred_batch_size: [4, 2]
          max_queue_delay_microseconds: 1500
          default_queue_policy { max_queue_size: 7 default_timeout_microseconds: 20000 }
        }
        parameters { key: "stride_s" value { string_value: "0.3" } }
        """,
    )
    entry = ModelRepository(repository).load("shot")
    assert entry.versions == ("3", "10")
    assert entry.file() == repository / "shot" / "10" / "model.onnx"
    assert (entry.instances, entry.backend) == (2, "onnxruntime")
    batching = entry.batching
    assert (batching.max_batch_size, batching.preferred, batching.queue_limit) == (6, (2, 4), 7)
    assert (batching.max_delay_s, batching.queue_timeout_s) == (0.0015, 0.02)
    info = entry.info
    assert (info.name, info.version, info.max_batch_size) == ("shot", "10", 6)
    assert info.inputs == {"x": TensorSpec("x", F32, (16, -1))}
    assert info.labels == ("a", "b", "c", "d")
    assert info.parameters == {"stride_s": "0.3"}


def test_defaults_are_triton_s(make_model: Callable[..., Path], repository: Path) -> None:
    make_model("shot", config='platform: "onnxruntime_onnx" max_batch_size: 4' + IO, versions=(1, 2))
    entry = ModelRepository(repository).load("shot")
    assert entry.versions == ("2",)
    assert (entry.backend, entry.file_name, entry.instances) == ("onnxruntime", "model.onnx", 1)
    assert not entry.batching.dynamic


@pytest.mark.parametrize(
    ("policy", "served"),
    [("all {}", ("1", "2", "5")), ("specific { versions: [1, 2, 9] }", ("1", "2")), ("latest {}", ("5",))],
)
def test_version_policy(
    policy: str, served: tuple[str, ...], make_model: Callable[..., Path], repository: Path
) -> None:
    make_model("shot", extra=f"version_policy {{ {policy} }}", versions=(1, 2, 5))
    assert ModelRepository(repository).load("shot").versions == served


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ('backend: "onnxruntime"\nmax_batch_size: "eight"', r"config\.pbtxt cannot be parsed at line 2"),
        ('backend: "onnxruntime"\n\nmax_batch_sze: 8', r"config\.pbtxt cannot be parsed at line 3.*max_batch_sze"),
        (IO, r"names no backend; add: backend: \"onnxruntime\""),
        ('name: "other" backend: "onnxruntime"' + IO, "names the model 'other'; it must be its folder's name 'shot'"),
        ('backend: "onnxruntime"', "names no input; add an input block"),
        ('backend: "onnxruntime" max_batch_size: -1' + IO, "max_batch_size -1 is negative"),
        ('backend: "onnxruntime" dynamic_batching {}' + IO, "dynamic_batching needs max_batch_size"),
        (
            'backend: "onnxruntime" max_batch_size: 2 dynamic_batching { preferred_batch_size: 4 }' + IO,
            "preferred_batch_size 4 is not in 1 to max_batch_size",
        ),
        ('backend: "onnxruntime" sequence_batching {}' + IO, "sequence_batching is not supported"),
        ('backend: "onnxruntime" input { name: "t" data_type: TYPE_STRING dims: 1 }' + IO, "'t' has type TYPE_STRING"),
        ('backend: "onnxruntime" input { name: "t" data_type: TYPE_FP32 dims: 0 }' + IO, r"'t' has dims \[0\]"),
        ('backend: "onnxruntime" input { name: "x" data_type: TYPE_FP32 dims: 1 }' + IO, "'x' appears twice"),
        ('backend: "onnxruntime" version_policy { specific { versions: 4 } }' + IO, r"names versions \[4\].*\[1\]"),
        (
            'backend: "onnxruntime" output { name: "z" data_type: TYPE_FP32 dims: 1 label_filename: "../../key" }' + IO,
            r"label_filename '\.\./\.\./key' lies outside the model's folder",
        ),
        (
            'backend: "onnxruntime" output { name: "z" data_type: TYPE_FP32 dims: 1 label_filename: "gone.txt" }' + IO,
            "output 'z' of model 'shot': its label file cannot be read: .*gone.txt",
        ),
    ],
)
def test_a_bad_config_is_named(config: str, says: str, make_model: Callable[..., Path], repository: Path) -> None:
    make_model("shot", config=config)
    with pytest.raises(ModelInvalid, match=says):
        ModelRepository(repository).load("shot")


def test_missing_parts_are_named(make_model: Callable[..., Path], repository: Path) -> None:
    make_model("shot")
    models = ModelRepository(repository)
    assert models.names() == ["shot"]
    with pytest.raises(ModelNotFound, match=r"no model 'gone' in .* \(it contains: shot\)"):
        models.load("gone")
    (repository / "empty").mkdir()
    with pytest.raises(ModelInvalid, match=r"model 'empty' has no config.pbtxt; write"):
        models.load("empty")
    (repository / "shot" / "1" / "model.onnx").unlink()
    with pytest.raises(ModelInvalid, match=r"shot/1/model.onnx is missing"):
        models.load("shot").file()
    (repository / "shot" / "1").rmdir()
    with pytest.raises(ModelInvalid, match=r"'shot' has no version folder; put the model file in .*shot/1"):
        models.load("shot")
    with pytest.raises(ModelNotFound, match="is not a folder"):
        ModelRepository(repository / "nowhere")


@pytest.mark.parametrize("name", ["..", ".", "../repository/shot", "shot/../shot", "/etc", "", "shot\x00"])
def test_a_name_cannot_leave_the_repository(name: str, make_model: Callable[..., Path], repository: Path) -> None:
    make_model("shot")
    with pytest.raises(ModelNotFound):
        ModelRepository(repository).load(name)


def test_a_file_name_cannot_leave_the_model(make_model: Callable[..., Path], repository: Path) -> None:
    make_model("secret")
    make_model("shot", extra='default_model_filename: "../../secret/1/model.onnx"')
    with pytest.raises(ModelInvalid, match="lies outside the model's folder"):
        ModelRepository(repository).load("shot").file()


def spec(name: str, *shape: int, dtype: type = np.float32) -> TensorSpec:
    return TensorSpec(name, np.dtype(dtype), shape)


FACE = ModelInfo(
    name="shot",
    version="1",
    inputs={"clip": spec("clip", 16, 3, -1, -1, dtype=np.uint8)},
    outputs={"release": spec("release", 16), "zone": spec("zone", -1)},
    max_batch_size=8,
    source="repo/shot/config.pbtxt",
)


def test_the_expected_signature_is_taken() -> None:
    clip = spec("clip", 16, 3, 144, 256, dtype=np.uint8)
    check_signature(FACE, inputs=[clip], outputs=[spec("release", 16), spec("zone", -1)])
    check_signature(FACE, outputs=[spec("release", -1)])


@pytest.mark.parametrize(
    ("inputs", "outputs", "says"),
    [
        ([], [spec("release", 8)], "output 'release' of model 'shot' is float32 [16], the service needs float32 [8]"),
        ([], [spec("zone", 7)], "output 'zone' of model 'shot' is float32 [?], the service needs float32 [7]"),
        ([], [spec("make", 1)], "has no output 'make', the service needs it as float32 [1] (it has release"),
        ([spec("clip", 16, 3, 9, 9)], [], "is uint8 [16, 3, ?, ?], the service needs float32 [16, 3, 9, 9]"),
        ([spec("clip", 8, 3, 9, 9, dtype=np.uint8)], [], "uint8 [16, 3, ?, ?], the service needs uint8 [8, 3, 9, 9]"),
        ([spec("other", 1)], [], "has no input 'other'"),
    ],
)
def test_another_signature_is_refused(inputs: list[TensorSpec], outputs: list[TensorSpec], says: str) -> None:
    with pytest.raises(ModelInvalid, match=re.escape(says)) as caught:
        check_signature(FACE, inputs=inputs, outputs=outputs)
    assert "repo/shot/config.pbtxt" in str(caught.value)
