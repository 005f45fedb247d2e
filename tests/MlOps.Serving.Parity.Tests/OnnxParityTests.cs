using System.Collections.Concurrent;

namespace MlOps.Serving.Parity.Tests;

/// <summary>
/// The cases of Debian's libonnx-testdata that plain ONNX Runtime passes give the same bits by each of our ways of calling it. The list is
/// frozen by name; MLOPS_PARITY_REGENERATE=1 writes it anew.
/// </summary>
public sealed class OnnxParityTests
{
    [OnnxDataFact]
    public void FrozenCases_PassInPlainOnnxRuntime()
    {
        if (Environment.GetEnvironmentVariable("MLOPS_PARITY_REGENERATE") == "1")
        {
            var all = ParityCase.All().Where(name => Passes(name) is null).ToArray();
            File.WriteAllText(Path.Combine(Checkout.Root, "tests/MlOps.Serving.Parity.Tests/parity-cases.txt"), string.Join('\n', all) + "\n");
            return;
        }

        Frozen().Should().HaveCountGreaterThan(950);
        Failures(name => Passes(name)).Should().BeEmpty();
    }

    [OnnxDataFact]
    public void FrozenCases_Direct_GiveTheSameBits() => Failures(name => Compare(name, (runtime, inputs) =>
        runtime.Run(inputs).Values.ToList())).Should().BeEmpty();

    [OnnxDataFact]
    public void FrozenCases_Bound_GiveTheSameBits() => Failures(name => Compare(name, (runtime, inputs) =>
    {
        using var native = new OnnxInputs();
        foreach (var (input, value) in inputs)
            native.Add(input, value);
        using var results = runtime.RunBound(native, runtime.Wanted(null), default);
        return [.. results.Select((result, i) => OnnxValues.FromOnnx($"{i}", result))];
    })).Should().BeEmpty();

    [OnnxDataFact]
    public void FrozenCases_RowBuffers_GiveTheSameBits()
    {
        var ran = 0;
        Failures(name =>
        {
            var test = new ParityCase(name);
            using var session = RawOnnx.Open(test.Model);
            using var runtime = Load(test);
            if (!runtime.HasRows)
                return null;
            foreach (var (inputs, _) in test.Sets(session))
            {
                var input = (TensorValue)inputs[runtime.InputName];
                var rows = input.Shape[0];
                if (input is not TensorValue<float> given || runtime.OutputType != TensorType.Float || rows == 0)
                    return null;
                using var buffer = runtime.CreateBuffer(rows + 3);
                given.Data.Span.CopyTo(buffer.Input.Span);
                buffer.Run(rows);
                buffer.Run(rows);
                var expected = (TensorValue)RawOnnx.Run(session, inputs)[session.OutputNames.ToList().IndexOf(runtime.OutputName)];
                if (!buffer.Output.Span[..expected.Length].SequenceEqual(expected.AsSpan<float>()) && Values.Difference(expected, TensorValue.Create(buffer.Output.Span[..expected.Length].ToArray(), expected.Shape)) is { } difference)
                    return difference;
                Interlocked.Increment(ref ran);
            }

            return null;
        }).Should().BeEmpty();
        ran.Should().BeGreaterThan(100);
    }

    private static OnnxModelRuntime Load(ParityCase test) => OnnxModelRuntime.Load(test.Model, new OnnxRuntimeOptions(), test.Name);

    private static string? Passes(string name)
    {
        try
        {
            var test = new ParityCase(name);
            using var session = RawOnnx.Open(test.Model);
            foreach (var (inputs, expected) in test.Sets(session))
            {
                var actual = RawOnnx.Run(session, inputs);
                if (actual.Count < expected.Count || !expected.Zip(actual).All(pair => Values.Near(pair.First, pair.Second)))
                    return $"{name}: another answer than expected";
            }

            return null;
        }
        catch (Exception e)
        {
            return $"{name}: {e.Message}";
        }
    }

    private static string? Compare(string name, Func<OnnxModelRuntime, Dictionary<string, ModelValue>, List<ModelValue>> run)
    {
        var test = new ParityCase(name);
        using var session = RawOnnx.Open(test.Model);
        using var runtime = Load(test);
        foreach (var (inputs, _) in test.Sets(session))
        {
            var expected = RawOnnx.Run(session, inputs);
            var actual = run(runtime, inputs);
            if (actual.Count != expected.Count)
                return "another number of outputs";
            for (var i = 0; i < expected.Count; i++)
            {
                if (Values.Difference(expected[i], actual[i]) is { } difference)
                    return $"output {i}: {difference}";
            }
        }

        return null;
    }

    private static string[] Failures(Func<string, string?> check)
    {
        var failures = new ConcurrentBag<string>();
        Parallel.ForEach(Frozen(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, name =>
        {
            try
            {
                if (check(name) is { } failure)
                    failures.Add($"{name}: {failure}");
            }
            catch (Exception e)
            {
                failures.Add($"{name}: {e.GetType().Name} {e.Message}");
            }
        });
        return [.. failures.Order(StringComparer.Ordinal)];
    }

    private static string[] Frozen()
    {
        using var reader = new StreamReader(typeof(OnnxParityTests).Assembly.GetManifestResourceStream("parity-cases.txt")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
