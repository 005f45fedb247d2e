using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Answers what the protocol asks beside inference: metadata, health, the index of models.</summary>
internal sealed class MetadataHandlers(ServedEnvironment environment, Readiness readiness)
{
    private static readonly string Version = typeof(MetadataHandlers).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public Task ServerAsync(HttpContext context)
    {
        HttpAnswers.Write(context, 200, Version, static (writer, version) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, "MlOps.Sdk");
            writer.WriteString("version"u8, version);
            writer.WriteStartArray("extensions"u8);
            writer.WriteStringValue("binary_tensor_data");
            writer.WriteStringValue("model_repository");
            writer.WriteStringValue("parameters");
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
        return Task.CompletedTask;
    }

    public Task LiveAsync(HttpContext context)
    {
        HttpAnswers.Write(context, 200, true, static (writer, live) =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("live"u8, live);
            writer.WriteEndObject();
        });
        return Task.CompletedTask;
    }

    public async Task ReadyAsync(HttpContext context) =>
        Ready(context, null, await readiness.NotWarmAsync(context.RequestAborted).ConfigureAwait(false) is { Count: 0 });

    public async Task ModelAsync(HttpContext context)
    {
        var model = (string)context.Request.RouteValues["model"]!;
        if (context.Request.RouteValues["version"] is string version)
        {
            var resolved = await environment.ResolveAsync(model, version, context.RequestAborted).ConfigureAwait(false);
            var plan = await environment.PlanAsync(resolved, context.RequestAborted).ConfigureAwait(false);
            Model(context, model, [plan.VersionText], plan);
            return;
        }

        var endpoint = await environment.FindAsync(model, context.RequestAborted).ConfigureAwait(false) ?? throw new ProtocolException(404, "There is no such model.");
        var policy = await endpoint.Endpoint.GetTrafficAsync(context.RequestAborted).ConfigureAwait(false) ?? throw new ProtocolException(404, "There is no such model.");
        Model(
            context, model, [.. policy.Shares.Select(share => share.Version.Version.ToString(CultureInfo.InvariantCulture))],
            await endpoint.LookAsync(null, context.RequestAborted).ConfigureAwait(false));
    }

    public async Task ModelReadyAsync(HttpContext context)
    {
        var model = (string)context.Request.RouteValues["model"]!;
        if (context.Request.RouteValues["version"] is string version)
        {
            var resolved = await environment.ResolveAsync(model, version, context.RequestAborted).ConfigureAwait(false);
            await environment.PlanAsync(resolved, context.RequestAborted).ConfigureAwait(false);
            var status = await environment.Models.DescribeAsync(resolved, context.RequestAborted).ConfigureAwait(false);
            Ready(context, model, status.State == ServedModelState.Ready);
            return;
        }

        var endpoint = (await environment.ListAsync(context.RequestAborted).ConfigureAwait(false)).FirstOrDefault(status => status.Name == model)
            ?? throw new ProtocolException(404, "There is no such model.");
        Ready(context, model, Readiness.IsWarm(endpoint));
    }

    public async Task IndexAsync(HttpContext context)
    {
        var endpoints = await environment.ListAsync(context.RequestAborted).ConfigureAwait(false);
        HttpAnswers.Write(context, 200, endpoints, static (writer, endpoints) =>
        {
            writer.WriteStartArray();
            foreach (var endpoint in endpoints)
            {
                foreach (var share in endpoint.Policy!.Shares)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name"u8, endpoint.Name);
                    writer.WriteString("version"u8, share.Version.Version.ToString(CultureInfo.InvariantCulture));
                    writer.WriteString("state"u8, Readiness.IsWarm(endpoint) ? "READY" : "UNAVAILABLE");
                    writer.WriteString("reason"u8, Readiness.IsWarm(endpoint) ? "" : "not loaded yet");
                    writer.WriteEndObject();
                }
            }

            writer.WriteEndArray();
        });
    }

    private static void Ready(HttpContext context, string? model, bool ready)
    {
        if (!ready)
            context.Response.Headers.RetryAfter = "1";
        HttpAnswers.Write(context, ready ? 200 : 503, (model, ready), static (writer, state) =>
        {
            writer.WriteStartObject();
            if (state.model is not null)
                writer.WriteString("name"u8, state.model);
            writer.WriteBoolean("ready"u8, state.ready);
            if (!state.ready)
                writer.WriteString("error"u8, "Not everything that serves is warm, or the server is stopping.");
            writer.WriteEndObject();
        });
    }

    private static void Model(HttpContext context, string model, string[] versions, ModelPlan plan) =>
        HttpAnswers.Write(context, 200, (model, versions, plan), static (writer, state) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, state.model);
            writer.WriteStartArray("versions"u8);
            foreach (var version in state.versions)
                writer.WriteStringValue(version);
            writer.WriteEndArray();
            writer.WriteString("platform"u8, "onnxruntime_onnx");
            Tensors(writer, "inputs", state.plan.Inputs);
            Tensors(writer, "outputs", state.plan.Outputs);
            writer.WriteEndObject();
        });

    private static void Tensors(Utf8JsonWriter writer, string name, TensorPlan[] tensors)
    {
        writer.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, tensor.Name);
            writer.WriteString("datatype"u8, DataTypes.NameOf(tensor.Type));
            writer.WriteStartArray("shape"u8);
            foreach (var dimension in tensor.Dimensions)
                writer.WriteNumberValue(dimension);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
