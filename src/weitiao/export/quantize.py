"""An ONNX model in numbers of fewer bits, by onnxruntime."""

from pathlib import Path
from typing import Literal

from weitiao.errors import MissingExtra

Numbers = Literal["int8", "fp16"]


def quantize(path: Path, numbers: Numbers | None) -> None:
    """Replace a model by itself in numbers of fewer bits; null = leave it as it is.

    ``int8``: weights of matrix products by output channel, their inputs as they come (dynamic
    quantization). ``fp16``: all weights; inputs and outputs stay as they are.

    Raises:
        MissingExtra: onnxruntime is not installed.
    """
    if numbers is None:
        return
    try:
        import onnx
        from onnxruntime import quantization
        from onnxruntime.transformers.float16 import convert_float_to_float16
    except ImportError as error:
        raise MissingExtra(str(error.name), "export", numbers, field="quantize") from error
    if numbers == "int8":
        quantization.quantize_dynamic(
            path, path, per_channel=True, weight_type=quantization.QuantType.QInt8
        )
    else:
        onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)
