using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace MlOps.AspNetCore;

/// <summary>The routes of one environment. All come through <see cref="Add"/> or <see cref="AddInfer"/>, which take a policy: none can be without.</summary>
internal sealed partial class EnvironmentRoutes(
    IEndpointRouteBuilder routes, ServedEnvironment environment, RouteGuard guard, Draining draining, MlOpsHttpOptions options, ILogger logger)
{
    private static readonly string[] Get = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Post = [HttpMethods.Post];
    private static readonly string[] Any = [HttpMethods.Get, HttpMethods.Post];

    public void Map()
    {
        var handlers = new MetadataHandlers(environment, new Readiness(environment, draining));
        Add("/v2", AccessPolicy.Key, Get, handlers.ServerAsync);
        Add("/v2/health/live", AccessPolicy.Public, Get, handlers.LiveAsync);
        Add("/v2/health/ready", AccessPolicy.Public, Get, handlers.ReadyAsync);
        Add("/v2/repository/index", AccessPolicy.Key, Any, handlers.IndexAsync);
        foreach (var model in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            Add(model, AccessPolicy.Key, Get, handlers.ModelAsync);
            Add(model + "/ready", AccessPolicy.Key, Get, handlers.ModelReadyAsync);
        }

        var infer = new MlOpsRouteMetadata(environment.Name, AccessPolicy.Key, Post);
        var handler = new InferHandler(environment, guard, infer, options, logger);
        AddInfer("/v2/models/{model}/infer", infer, handler.ByEndpointAsync);
        AddInfer("/v2/models/{model}/versions/{version}/infer", infer, handler.ByVersionAsync);
        Add("/v2/{**rest}", AccessPolicy.Key, Any, static _ => throw new ProtocolException(404, "There is nothing at this address."));
    }

    private void Add(string pattern, AccessPolicy policy, string[] methods, RequestDelegate handler)
    {
        var metadata = new MlOpsRouteMetadata(environment.Name, policy, methods);
        routes.Map(pattern, context => RunAsync(context, metadata, handler)).WithMetadata(metadata);
    }

    private void AddInfer(string pattern, MlOpsRouteMetadata metadata, RequestDelegate handler) => routes.Map(pattern, handler).WithMetadata(metadata);

    private async Task RunAsync(HttpContext context, MlOpsRouteMetadata metadata, RequestDelegate handler)
    {
        if (!guard.Admits(context, metadata, infers: false))
            return;
        try
        {
            await handler(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer to.
        }
        catch (ProtocolException refused)
        {
            HttpAnswers.Error(context, refused.Status, refused.Message);
        }
        catch (Exception e) when (e is NotFoundException or ModelNotFoundException)
        {
            HttpAnswers.Error(context, 404, "There is no such model.");
        }
        catch (AccessDeniedException)
        {
            HttpAnswers.Error(context, 403, "This is not allowed.");
        }
        catch (ObjectDisposedException)
        {
            HttpAnswers.Error(context, 503, "The server is stopping.", TimeSpan.FromSeconds(1));
        }
#pragma warning disable CA1031 // whatever an engine throws becomes an answer of the protocol, without its internals
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(logger, context.Request.Method, environment.Name, e);
            HttpAnswers.Error(context, 500, "The server failed on this request.");
        }
    }

    [LoggerMessage(8242, LogLevel.Error, "A {Method} request for metadata of environment '{Environment}' failed")]
    private static partial void LogFailed(ILogger logger, string method, string environment, Exception exception);
}
