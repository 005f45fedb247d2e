using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Answers inference requests: one pass from the connection's pipe into batch rows or tensors, and one write back.</summary>
internal sealed partial class InferHandler(ServedEnvironment environment, RouteGuard guard, MlOpsRouteMetadata route, MlOpsHttpOptions options, ILogger logger)
{
    private const string HeaderLength = "Inference-Header-Content-Length";
    private const string TimeoutHeader = "X-Request-Timeout";
    private const string StickyHeader = "X-Sticky-Key";
    private const string IdHeader = "X-Request-Id";
    private const int MaximumHeaderLength = 256;
    private const int InlineBytes = 256 << 10;
    private const int UnflushedBytes = 4096;

    private readonly InferRequestReader _reader = new(options);
    private readonly ObjectPool<InferRequest> _requests = new DefaultObjectPool<InferRequest>(new DefaultPooledObjectPolicy<InferRequest>(), 64 * Environment.ProcessorCount);

    /// <summary>Answers by an endpoint: its traffic decides the version.</summary>
    public Task ByEndpointAsync(HttpContext context)
    {
        var others = UsualHeaders.CountOthers(context.Request.Headers);
        if (!guard.Admits(context, route, infers: true, ref others, out var caller))
            return Task.CompletedTask;
        var model = (string)context.Request.RouteValues["model"]!;
        var request = _requests.Get();
        request.Caller = caller;
        request.OtherHeaders = others;
        return environment.Find(model) is { Plan: { RowWidth: > 0 } plan } endpoint ? AnswerRow(context, request, endpoint, plan) : InvokeAsync(context, request, model, byVersion: false);
    }

    /// <summary>Answers by the version in the address.</summary>
    public Task ByVersionAsync(HttpContext context)
    {
        var others = UsualHeaders.CountOthers(context.Request.Headers);
        if (!guard.Admits(context, route, infers: true, ref others, out var caller))
            return Task.CompletedTask;
        var request = _requests.Get();
        request.Caller = caller;
        request.OtherHeaders = others;
        return InvokeAsync(context, request, (string)context.Request.RouteValues["model"]!, byVersion: true);
    }

    // The common case, a row whose body is there already, without a state machine; whatever else it turns out to be goes the long way.
    private Task AnswerRow(HttpContext context, InferRequest request, ServedEndpoint endpoint, ModelPlan plan)
    {
        ValueTask<PredictionResult> task;
        RequestHeaders asked;
        var name = endpoint.Endpoint.Name;
        try
        {
            asked = Asked(context.Request, request.OtherHeaders, waits: false);
            var reader = context.Request.BodyReader;
            if (context.Request.ContentLength is not { } length || length > Math.Min(options.MaximumBodyBytes, InlineBytes) || !reader.TryRead(out var read))
                return InvokeAsync(context, request, name, byVersion: false);
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
                return InvokeAsync(context, request, name, byVersion: false);
            }

            try
            {
                Parse(read.Buffer, asked.HeaderLength, plan, request);
            }
            catch (ProtocolException e) when (e.DependsOnModel)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
                return InvokeAsync(context, request, name, byVersion: false);
            }
            catch (ProtocolException)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw;
            }

            if (!IsRow(request, plan))
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
                return InvokeAsync(context, request, name, byVersion: false);
            }

            reader.AdvanceTo(read.Buffer.End);
            task = PredictRowAsync(endpoint, plan, request, Context(asked, request), context.RequestAborted);
            if (!task.IsCompletedSuccessfully)
                return FinishRowAsync(context, request, endpoint, plan, asked, task);
            var result = task.Result;
            if (result.Status != PredictionStatus.Ok || result.Version != plan.Version)
                return FinishRowAsync(context, request, endpoint, plan, asked, new(result));
            request.Writer.WriteRow(endpoint.Template(plan, result.Variant), result.Id, request.Scores.AsSpan(0, result.Outputs));
            var sent = Send(context, request, plan, result.Variant, asked);
            if (!sent.IsCompletedSuccessfully)
                return FinishAsync(request, sent);
            sent.GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // whatever an engine throws becomes an answer of the protocol, without its internals
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(context, name, e);
        }

        Return(request);
        return Task.CompletedTask;
    }

    private async Task FinishAsync(InferRequest request, ValueTask<FlushResult> sent)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        finally
        {
            Return(request);
        }
    }

    private async Task FinishRowAsync(HttpContext context, InferRequest request, ServedEndpoint endpoint, ModelPlan plan, RequestHeaders asked, ValueTask<PredictionResult> task)
    {
        try
        {
            var result = await task.ConfigureAwait(false);
            result.ThrowIfNotOk();
            await SendRowAsync(context, request, endpoint, plan, asked, result).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer to.
        }
#pragma warning disable CA1031 // as above
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(context, endpoint.Endpoint.Name, e);
        }
        finally
        {
            Return(request);
        }
    }

    private async ValueTask SendRowAsync(HttpContext context, InferRequest request, ServedEndpoint endpoint, ModelPlan plan, RequestHeaders asked, PredictionResult result)
    {
        var answering = result.Version == plan.Version ? plan : await environment.PlanAsync(result.Version, context.RequestAborted).ConfigureAwait(false);
        request.Writer.WriteRow(endpoint.Template(answering, result.Variant), result.Id, request.Scores.AsSpan(0, result.Outputs));
        await Send(context, request, answering, result.Variant, asked).ConfigureAwait(false);
    }

    private void Return(InferRequest request)
    {
        request.Release();
        _requests.Return(request);
    }

    private static bool IsRow(InferRequest request, ModelPlan plan) => request.RowLength > 0 &&
        (request.Outputs.Count == 0 ? plan.Outputs.Length == 1 && plan.Hidden == 0 : request.Outputs.Count == 1 && request.Outputs[0].Output == plan.RowOutput);

    private async Task InvokeAsync(HttpContext context, InferRequest request, string model, bool byVersion)
    {
        try
        {
            if (byVersion)
                await AnswerByVersionAsync(context, request, model, (string)context.Request.RouteValues["version"]!).ConfigureAwait(false);
            else
                await AnswerAsync(context, request, model).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer to.
        }
#pragma warning disable CA1031 // whatever an engine throws becomes an answer of the protocol, without its internals
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(context, model, e);
        }
        finally
        {
            Return(request);
        }
    }

    private async Task AnswerAsync(HttpContext context, InferRequest request, string model)
    {
        var asked = Asked(context.Request, request.OtherHeaders, waits: true);
        var endpoint = await environment.FindAsync(model, context.RequestAborted).ConfigureAwait(false) ?? throw new ProtocolException(404, "There is no such model.");
        var plan = await endpoint.PlanAsync(context.RequestAborted).ConfigureAwait(false);
        var body = await ReadAsync(context.Request).ConfigureAwait(false);
        try
        {
            Parse(body, asked.HeaderLength, plan, request);
        }
        catch (ProtocolException e) when (e.DependsOnModel)
        {
            // The traffic may have gone over to a version of another form meanwhile.
            var now = await endpoint.LookAsync(plan, context.RequestAborted).ConfigureAwait(false);
            if (now == plan)
                throw;
            plan = now;
            Parse(body, asked.HeaderLength, plan, request);
        }
        finally
        {
            context.Request.BodyReader.AdvanceTo(body.End);
        }

        var prediction = Context(asked, request);
        if (IsRow(request, plan))
        {
            var result = await PredictRowAsync(endpoint, plan, request, prediction, context.RequestAborted).ConfigureAwait(false);
            result.ThrowIfNotOk();
            await SendRowAsync(context, request, endpoint, plan, asked, result).ConfigureAwait(false);
            return;
        }

        var answer = await endpoint.Endpoint.PredictAsync(request.ToInputs(plan), Wanted(request, plan), prediction, context.RequestAborted).ConfigureAwait(false);
        var versionPlan = answer.Version == plan.Version ? plan : await environment.PlanAsync(answer.Version, context.RequestAborted).ConfigureAwait(false);
        request.Writer.WriteTensors(endpoint.Encoded, plan, versionPlan.VersionEncoded, answer);
        await Send(context, request, versionPlan, answer.Variant, asked).ConfigureAwait(false);
    }

    private async Task AnswerByVersionAsync(HttpContext context, InferRequest request, string model, string version)
    {
        var asked = Asked(context.Request, request.OtherHeaders, waits: true);
        var resolved = await environment.ResolveAsync(model, version, context.RequestAborted).ConfigureAwait(false);
        var plan = await environment.PlanAsync(resolved, context.RequestAborted).ConfigureAwait(false);
        var body = await ReadAsync(context.Request).ConfigureAwait(false);
        try
        {
            Parse(body, asked.HeaderLength, plan, request);
        }
        finally
        {
            context.Request.BodyReader.AdvanceTo(body.End);
        }

        var answer = await environment.Models.PredictAsync(plan.Version, request.ToInputs(plan), Wanted(request, plan), Context(asked, request), context.RequestAborted).ConfigureAwait(false);
        request.Writer.WriteTensors(JsonEncodedText.Encode(model), plan, plan.VersionEncoded, answer);
        await Send(context, request, plan, answer.Variant, asked).ConfigureAwait(false);
    }

    private static ValueTask<PredictionResult> PredictRowAsync(
        ServedEndpoint endpoint, ModelPlan plan, InferRequest request, in PredictionContext prediction, CancellationToken cancellationToken)
    {
        request.HoldScores(Math.Max(endpoint.Scores, plan.RowOutputWidth));
        try
        {
            return endpoint.Endpoint.TryPredictAsync(request.Row.AsMemory(0, request.RowLength), request.Scores, prediction, cancellationToken);
        }
        catch (ArgumentException e) when (e.ParamName == "destination")
        {
            // A version with more scores than any that the plan was made of came into the traffic since.
            request.HoldScores(1 << 20);
            return endpoint.Endpoint.TryPredictAsync(request.Row.AsMemory(0, request.RowLength), request.Scores, prediction, cancellationToken);
        }
    }

    private static IReadOnlyCollection<string>? Wanted(InferRequest request, ModelPlan plan) =>
        request.Outputs.Count > 0 ? [.. request.Outputs.Select(output => plan.Outputs[output.Output].Name)]
        : plan.Hidden > 0 ? plan.OutputNames
        : null;

    private async ValueTask<ReadOnlySequence<byte>> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > options.MaximumBodyBytes)
            throw TooLarge();
        if (request.ContentLength is null || options.MaximumBodyBytes > 30_000_000)
        {
            if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
                feature.MaxRequestBodySize = options.MaximumBodyBytes;
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync().ConfigureAwait(false);
            if (read.Buffer.Length > options.MaximumBodyBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge();
            }

            if (read.IsCompleted)
                return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private ProtocolException TooLarge() => new(413, $"The body has more than {options.MaximumBodyBytes} bytes.");

    private void Parse(ReadOnlySequence<byte> body, int headerLength, ModelPlan plan, InferRequest request)
    {
        if (body.IsSingleSegment)
        {
            Parse(body.FirstSpan, headerLength, plan, request);
            return;
        }

        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            Parse(rented.AsSpan(0, length), headerLength, plan, request);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Parse(ReadOnlySpan<byte> body, int headerLength, ModelPlan plan, InferRequest request)
    {
        if (headerLength > body.Length)
            throw ProtocolException.Malformed($"{HeaderLength} is {headerLength}; the body has {body.Length} bytes.");
        if (headerLength == 0)
            _reader.ReadRaw(body, plan, request);
        else
            _reader.Read(body, headerLength < 0 ? body.Length : headerLength, plan, request);
    }

    // A body that is there already takes no time that a timeout of the usual headers' request would have to count.
    private static RequestHeaders Asked(HttpRequest request, int others, bool waits)
    {
        var headers = request.Headers;
        if (headers.ContentEncoding.Count > 0)
            throw new ProtocolException(415, "The body is encoded: send it as it is, without Content-Encoding.");
        var asked = new RequestHeaders { Begin = others == 0 && !waits ? 0 : Stopwatch.GetTimestamp(), HeaderLength = -1 };
        if (others > 0 && headers.TryGetValue(HeaderLength, out var length))
        {
            if (length.Count != 1 || !int.TryParse(length[0], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                throw ProtocolException.Malformed($"{HeaderLength} is not a number of bytes.");
            asked.HeaderLength = value;
            others--;
        }

        if (headers.ContentType is { Count: > 0 } type && !IsTaken(type, asked.HeaderLength >= 0))
            throw new ProtocolException(415, $"The body is of a type that is not taken: send application/json, or application/octet-stream with the header {HeaderLength}.");
        if (others == 0)
            return asked;
        if (headers.TryGetValue(TimeoutHeader, out var timeout))
        {
            if (timeout.Count != 1 || !long.TryParse(timeout[0], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) || milliseconds > 86_400_000)
                throw ProtocolException.Malformed($"{TimeoutHeader} is not a number of milliseconds up to one day.");
            asked.Timeout = TimeSpan.FromMilliseconds(milliseconds);
        }

        asked.Sticky = Text(headers, StickyHeader, ascii: false);
        asked.Id = Text(headers, IdHeader, ascii: true);
        return asked;
    }

    private static bool IsTaken(string? type, bool binary)
    {
        if (type == "application/json")
            return true;
        var media = type.AsSpan();
        var end = media.IndexOf(';');
        media = (end < 0 ? media : media[..end]).Trim();
        return media.Equals("application/json", StringComparison.OrdinalIgnoreCase) || (binary && media.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase));
    }

    private static string? Text(IHeaderDictionary headers, string name, bool ascii)
    {
        if (!headers.TryGetValue(name, out var values))
            return null;
        var text = values.Count == 1 ? values[0] : null;
        if (string.IsNullOrEmpty(text) || text.Length > MaximumHeaderLength || (ascii && text.AsSpan().ContainsAnyExceptInRange('!', '~')))
            throw ProtocolException.Malformed($"{name} stands twice, is empty, longer than {MaximumHeaderLength} characters, or holds characters that are not allowed.");
        return text;
    }

    private static PredictionContext Context(in RequestHeaders asked, InferRequest request)
    {
        var timeout = asked.Timeout;
        if (request.TimeoutMicroseconds > 0 && TimeSpan.FromMicroseconds(Math.Min(request.TimeoutMicroseconds, 86_400_000_000)) is var wanted && (timeout is null || wanted < timeout))
            timeout = wanted;
        if (timeout is { } time)
        {
            timeout = asked.Begin == 0 ? time : time - Stopwatch.GetElapsedTime(asked.Begin);
            if (timeout <= TimeSpan.Zero)
                throw new ProtocolException(504, "The request's time ran out before the model was asked.");
        }

        return new PredictionContext { Key = asked.Sticky, Caller = request.Caller, Timeout = timeout, Id = asked.Id is { Length: 32 } id && id.All(char.IsAsciiHexDigit) ? PredictionId.Parse(id) : null };
    }

    private static ValueTask<FlushResult> Send(HttpContext context, InferRequest request, ModelPlan plan, string variant, in RequestHeaders asked)
    {
        var response = context.Response;
        var headers = response.Headers;
        var json = request.Writer.JsonLength;
        headers["X-Model-Version"] = plan.VersionText;
        headers["X-Model-Variant"] = variant;
        if (asked.Id is { } id)
            headers[IdHeader] = id;
        if (json >= 0)
            headers[HeaderLength] = json.ToString(CultureInfo.InvariantCulture);
        response.ContentType = json >= 0 ? "application/octet-stream" : "application/json";
        var written = request.Writer.Written;
        response.ContentLength = written.Length;
        if (written.Length > UnflushedBytes)
            return response.BodyWriter.WriteAsync(written, context.RequestAborted);

        // Goes out with the headers when the request ends: one flush, and cheaper than one of our own.
        response.BodyWriter.Write(written.Span);
        return default;
    }

    private void Refuse(HttpContext context, string model, Exception error)
    {
        var (status, message) = error switch
        {
            ProtocolException refused => (refused.Status, refused.Message),
            BadHttpRequestException bad => (bad.StatusCode, bad.StatusCode switch
            {
                413 => $"The body has more than {options.MaximumBodyBytes} bytes.",
                408 => "The body came too slowly.",
                _ => "The body is not framed as HTTP asks.",
            }),
            OverloadedException => (429, "The model has more requests than it can take. Retry later."),
            DeadlineExceededException => (504, "The request's time ran out before the model was asked."),

            // What a runtime says about its own internals stays here.
            InvalidInputException { InnerException: null } invalid => (400, invalid.Message),
            InvalidInputException => (400, "The model does not take these inputs: an input is missing, or a shape does not fit."),
            NotFoundException or ModelNotFoundException => (404, "There is no such model."),
            AccessDeniedException => (403, "This is not allowed."),
            InvalidDefinitionException => (503, "The model cannot be served."),
            ObjectDisposedException or OperationCanceledException => (503, "The server is stopping."),
            _ => (500, "The model failed on this request."),
        };
        if (status == 500)
            LogFailed(logger, model, environment.Name, error);
        else
            LogRefused(logger, model, environment.Name, status, error.Message);
        HttpAnswers.Error(context, status, message, error is OverloadedException overloaded ? overloaded.RetryAfter : status == 503 ? TimeSpan.FromSeconds(1) : null);
        if (status is 408 or 413 || error is BadHttpRequestException)
            context.Response.Headers.Connection = "close";
    }

    private record struct RequestHeaders
    {
        public long Begin { get; init; }

        public int HeaderLength { get; set; }

        public TimeSpan? Timeout { get; set; }

        public string? Sticky { get; set; }

        public string? Id { get; set; }
    }
}
