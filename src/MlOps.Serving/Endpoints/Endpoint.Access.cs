namespace MlOps.Serving;

/// <summary>Who may predict. An environment without roles asks nobody.</summary>
internal sealed partial class Endpoint
{
    private readonly bool _isRestricted = context.Access.IsRestricted;

    private TimeProvider Clock => context.Clock;

    private void RequirePredict()
    {
        if (_isRestricted)
            context.Access.Require(EnvironmentPermission.Predict, $"the predictions of endpoint '{Name}'");
    }
}
