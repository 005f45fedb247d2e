using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

internal sealed partial class OnnxModelRuntime
{
    /// <inheritdoc />
    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = _signature.Wanted(outputs);
        _signature.Check(inputs);
        using var native = new OnnxInputs();
        foreach (var (name, value) in inputs)
            native.Add(name, value);
        using var results = RunNative(native, wanted, cancellationToken);
        var map = new OrderedDictionary<string, ModelValue>(wanted.Count, StringComparer.Ordinal);
        for (var i = 0; i < wanted.Count; i++)
            map.Add(wanted[i], OnnxValues.FromOnnx(wanted[i], results[i]));
        return map;
    }

    /// <summary>Refuses values that the model does not take; others may be missing.</summary>
    internal void CheckSome(IReadOnlyDictionary<string, ModelValue> inputs) => _signature.CheckSome(inputs);

    /// <summary>Refuses a call that lacks an input.</summary>
    internal void RequireInputs(IReadOnlyCollection<string> given) => _signature.Require(given);

    /// <summary>The outputs that a call wants, in the model's order.</summary>
    internal IReadOnlyList<string> Wanted(IReadOnlyCollection<string>? outputs) => _signature.Wanted(outputs);

    /// <summary>Runs on values that are ONNX Runtime's and gives its own, in host memory; the caller disposes both.</summary>
    internal IDisposableReadOnlyCollection<OrtValue> RunNative(OnnxInputs inputs, IReadOnlyList<string> wanted, CancellationToken cancellationToken) =>
        Guarded(static (session, options, inputs, wanted) => session.Run(options, inputs.Names, inputs.Values, wanted), inputs, wanted, cancellationToken);

    /// <summary>As <see cref="RunNative"/>, but by a binding that leaves the outputs in the memory of the device.</summary>
    internal IDisposableReadOnlyCollection<OrtValue> RunBound(OnnxInputs inputs, IReadOnlyList<string> wanted, CancellationToken cancellationToken) =>
        Guarded(static (session, options, inputs, wanted) => session.RunBound(options, inputs, wanted), inputs, wanted, cancellationToken);

    private IDisposableReadOnlyCollection<OrtValue> Guarded(
        Func<OnnxSession, RunOptions, OnnxInputs, IReadOnlyList<string>, IDisposableReadOnlyCollection<OrtValue>> run,
        OnnxInputs inputs, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        using var options = cancellationToken.CanBeCanceled ? new RunOptions() : null;
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options);
        for (var attempt = 0; ; attempt++)
        {
            var session = Next();
            try
            {
                return run(session, options ?? _runOptions, inputs, wanted);
            }
            catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (OnnxRuntimeException e) when (attempt == 0 && FallBack(session, e))
            {
            }
            catch (OnnxRuntimeException e) when (e.Message.Contains("INVALID_ARGUMENT", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("InvalidArgument", StringComparison.Ordinal))
            {
                throw new InvalidInputException($"The model does not take these inputs: {e.Message}", e);
            }
        }
    }
}
