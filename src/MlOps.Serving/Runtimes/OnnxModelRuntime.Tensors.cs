using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

internal sealed partial class OnnxModelRuntime
{
    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = outputs is null ? _session.OutputNames : [.. _session.OutputNames.Where(outputs.Contains)];
        foreach (var name in outputs ?? [])
        {
            if (!_session.OutputMetadata.ContainsKey(name))
                throw new InvalidInputException($"The model has no output '{name}'. {NearestNames.Describe(name, _session.OutputNames)}");
        }

        var names = new List<string>(inputs.Count);
        var values = new List<OrtValue>(inputs.Count);
        try
        {
            foreach (var (name, value) in inputs)
            {
                if (!_session.InputMetadata.ContainsKey(name))
                    throw new InvalidInputException($"The model has no input '{name}'. {NearestNames.Describe(name, _session.InputNames)}");
                names.Add(name);
                values.Add(OnnxValues.ToOnnx(name, value));
            }

            using var options = cancellationToken.CanBeCanceled ? new RunOptions() : null;
            using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options);
            using var results = RunSession(options ?? _runOptions, names, values, wanted, cancellationToken);
            var map = new OrderedDictionary<string, ModelValue>(StringComparer.Ordinal);
            for (var i = 0; i < wanted.Count; i++)
                map.Add(wanted[i], OnnxValues.FromOnnx(results[i]));
            return map;
        }
        finally
        {
            foreach (var value in values)
                value.Dispose();
        }
    }

    private IDisposableReadOnlyCollection<OrtValue> RunSession(
        RunOptions options, List<string> names, List<OrtValue> values, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        try
        {
            return _session.Run(options, names, values, wanted);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException e) when (e.Message.Contains("INVALID_ARGUMENT", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("InvalidArgument", StringComparison.Ordinal))
        {
            throw new InvalidInputException($"The model does not take these inputs: {e.Message}", e);
        }
    }
}
