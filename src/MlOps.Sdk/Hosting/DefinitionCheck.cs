using MlOps.Features;
using MlOps.Orchestration;

namespace MlOps;

/// <summary>Checks the feature definitions and pipelines of the host against each environment.</summary>
internal sealed class DefinitionCheck : IStartupCheck
{
    public async ValueTask<IReadOnlyList<string>> CheckAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        var mistakes = new List<string>();
        try
        {
            await environment.Features.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MlOpsException error)
        {
            mistakes.Add(error.Message);
        }

        try
        {
            environment.Pipelines.Validate();
        }
        catch (MlOpsException error)
        {
            mistakes.Add(error.Message);
        }

        return mistakes;
    }
}
