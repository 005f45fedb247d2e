namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    public async ValueTask<DataFrame> PredictAsync(
        DataFrame frame, FrameOptions? options = null, PredictionContext context = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        options ??= new FrameOptions();
        var version = await AnyVersionAsync(context.Key, cancellationToken).ConfigureAwait(false);
        var isRows = version.Engine.InputWidth > 0;
        var inputs = FrameInputs.Bind(frame, version.Inputs, version.Features, isRows, PassesNaN);
        var wanted = options.Outputs ?? (isRows && version.Tensors.RowOutputName is { } scores ? [scores] : null);
        var outputs = new FrameOutputs(frame.RowCount, isRows && options.Outputs is null);
        foreach (var output in version.Outputs)
        {
            if (wanted?.Contains(output.Name) != false)
                outputs.Expect(output);
        }

        var work = new FramePrediction(
            inputs, outputs, options, wanted,
            (values, names, stop) => PredictAsync(values, names, context, stop), TimeProvider);
        var columns = await work.RunAsync(cancellationToken).ConfigureAwait(false);
        return new DataFrame([.. options.Keep.Select(name => frame[name]), .. columns]);
    }

    private bool PassesNaN => options.Endpoints.GetValueOrDefault(Name, options.Batching).MissingFeatures == MissingFeatures.Pass;

    private TimeProvider TimeProvider => context.Clock;

    // What the endpoint takes; the versions behind one endpoint take the same.
    private async ValueTask<ServedVersion> AnyVersionAsync(string? key, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Volatile.Read(ref _state) is { } state)
                return state.Versions[state.Router.Choose(key)];
            await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
