//! What helps where an operator cannot be imported.

/// What would help with an operator that has no layer and was not computed in advance. `domain` is empty for those of ONNX itself.
pub(crate) fn help(domain: &str, op: &str) -> &'static str {
    match domain {
        "" => of_onnx(op),
        "ai.onnx.ml" => of_sklearn(op),
        "com.microsoft" | "com.microsoft.nchwc" | "com.ms.internal.nhwc" => of_onnxruntime(op),
        "ai.onnx.preview.training" => "It trains. Export the network alone, in evaluation mode",
        "org.pytorch.aten" | "aten" | "org.pytorch._caffe2" => {
            "PyTorch's exporter found no operator of ONNX for it. Export with a newer PyTorch and its default exporter"
        }
        _ => {
            "Its domain is not ONNX's, and the file does not define it as a function. Export with operators of ONNX alone"
        }
    }
}

const INDICES: &str = "It gives places or counts, which have no gradient. Take a value before it: --output NAME";
const QUANTIZED: &str = "Integers have no gradient. Give the model from before it was quantized, or quantize it with onnxruntime's quantize_static, whose \
    format QDQ can be imported";
const RECURRENT: &str = "Networks with steps are not imported. Where their number is fixed, export the model unrolled";
const SEQUENCE: &str = "Values must be tensors. Export with tensors alone, or take another output: --output NAME";
const TEXT: &str = "It is about text. Export the network alone, without what prepares its input";
const SIGNAL: &str = "It transforms signals. Export the network alone, and prepare its inputs outside";
const PLACES: &str = "It takes values from places that the image says. Export the network up to it, or take a value before it: --output NAME";
const ATTENTION: &str =
    "PyTorch's exporter writes it as MatMul and Softmax, which can be imported, when asked for an opset below 23";
const LOSS: &str = "It is a loss. Take the logits before it: --output NAME";
const OTHER: &str = "Export the model without it, or take a value before it: --output NAME";

fn of_onnx(op: &str) -> &'static str {
    match op {
        "ArgMax" | "ArgMin" | "TopK" | "Hardmax" | "NonZero" | "Unique" | "NonMaxSuppression" | "OneHot" | "IsInf"
        | "IsNaN" | "Compress" => INDICES,
        "ConvInteger" | "MatMulInteger" | "DynamicQuantizeLinear" => {
            "onnxruntime's quantize_dynamic made it, and integers have no gradient. Give the model from before, or quantize with quantize_static, whose \
             format QDQ can be imported"
        }
        "QLinearConv" | "QLinearMatMul" => {
            "It is of the quantization format QOperator. Quantize with quant_format=QuantFormat.QDQ, or give the model from before"
        }
        "LSTM" | "GRU" | "RNN" | "Scan" | "Loop" | "ReverseSequence" | "CausalConvWithState" | "TensorScatter" => {
            RECURRENT
        }
        // No operator of ONNX: tf2onnx leaves TensorFlow's in the file.
        "Erfc" => {
            "ONNX has no such operator: tf2onnx left TensorFlow's in the file, that of Keras' exact gelu. Export with gelu(approximate=True), or with Keras \
             on PyTorch"
        }
        "If" => "Its condition is not known before the image is. Export the branch that is wanted",
        "Optional" | "OptionalGetElement" | "OptionalHasElement" => SEQUENCE,
        _ if op.contains("Sequence") => SEQUENCE,
        "RegexFullMatch" | "StringConcat" | "StringNormalizer" | "StringSplit" | "TfIdfVectorizer" => TEXT,
        "DFT" | "STFT" | "MelWeightMatrix" | "BlackmanWindow" | "HammingWindow" | "HannWindow" => SIGNAL,
        "ImageDecoder" => "Images are decoded before. Export the network alone",
        "GridSample" | "AffineGrid" | "DeformConv" | "RoiAlign" | "MaxRoiPool" | "MaxUnpool" | "GatherElements"
        | "GatherND" | "Scatter" | "ScatterElements" | "ScatterND" => PLACES,
        "Attention" | "LinearAttention" | "RotaryEmbedding" => ATTENTION,
        "NegativeLogLikelihoodLoss" | "SoftmaxCrossEntropyLoss" => LOSS,
        "BitCast" | "BitShift" | "BitwiseAnd" | "BitwiseNot" | "BitwiseOr" | "BitwiseXor" => {
            "It is about bits, which have no gradient. Take a value before it: --output NAME"
        }
        "Multinomial" => "It draws classes, which has no gradient. Take the logits before it: --output NAME",
        _ => OTHER,
    }
}

fn of_sklearn(op: &str) -> &'static str {
    match op {
        "ZipMap" | "LabelEncoder" | "ArrayFeatureExtractor" | "CastMap" | "DictVectorizer" | "CategoryMapper" => {
            "It names classes. skl2onnx leaves it out with options={'zipmap': False}; or take the probabilities before it: --output NAME"
        }
        _ if op.starts_with("TreeEnsemble") => {
            "skl2onnx or a converter of tree libraries made it, and trees have no gradient. Train a network instead"
        }
        _ if op.starts_with("SVM") => {
            "skl2onnx made it of a support vector machine, which is no network. Train a network instead"
        }
        "LinearClassifier" | "LinearRegressor" => {
            "skl2onnx made it of a linear model. Train the same as one dense layer, or convert an MLPClassifier, which is written as MatMul and Add"
        }
        _ => {
            "skl2onnx made it of what prepares the features. Convert the classifier alone, and prepare its inputs outside"
        }
    }
}

fn of_onnxruntime(op: &str) -> &'static str {
    let quantized = [
        "Quant",
        "QLinear",
        "Integer",
        "QGemm",
        "QAttention",
        "QMoE",
        "QOrdered",
        "NBits",
        "Bnb4",
    ];
    if quantized.iter().any(|word| op.contains(word)) {
        return QUANTIZED;
    }
    "onnxruntime's optimizer or its tools for transformers made it of several operators of ONNX. Give the model from before it was optimized"
}
