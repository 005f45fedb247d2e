using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests;

/// <summary>A host as users build it: Kestrel on a loopback port, two environments, real stores in a temporary directory.</summary>
public sealed class HttpFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    public HttpFixture()
        : this(new Dictionary<string, string?>(), null)
    {
    }

    internal HttpFixture(Dictionary<string, string?> settings, Action<MlOpsHttpOptions>? configure, string environment = "Development", Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MlOps:Path"] = _directory.Path,
            ["MlOps:DefaultEnvironment"] = "production",
            ["MlOps:Environments:production:PromotesFrom"] = "staging",
            ["MlOps:Environments:staging:Approvals"] = "0",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddMlOps(builder.Configuration);
        builder.Services.AddKeyedSingleton<IModelRuntimeProvider>("production", Fake);
        builder.Services.AddHealthChecks().AddMlOps();
        more?.Invoke(builder);
        App = builder.Build();
        App.MapMlOps(configure);
        App.MapHealthChecks("/healthz");
        App.MapPost("/empty", _ => Task.CompletedTask);
    }

    public WebApplication App { get; }

    internal FakeProvider Fake { get; } = new();

    internal LogCollector Log { get; } = new();

    internal IMlOpsEnvironments Environments => App.Services.GetRequiredService<IMlOpsEnvironments>();

    public Uri Address { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await App.StartAsync();
        Address = new Uri(App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient { BaseAddress = Address };
    }

    public async Task DisposeAsync()
    {
        Fake.Release();
        Client?.Dispose();
        await App.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Registers a model and gives it the endpoint's traffic.</summary>
    internal async Task<ModelVersionRef> ServeAsync(string model, byte[] onnx, string environment = "production", bool serve = true)
    {
        var target = Environments[environment];
        var draft = await new ModelVersionBuilder(target.Context.Artifacts, model).WithOnnx(onnx).BuildAsync();
        var version = (await target.Get<IModelRegistry>().RegisterAsync(draft)).Ref;
        if (serve)
            await target.Get<IEndpoints>()[model].SetTrafficAsync(TrafficPolicy.Single(version), "test");
        return version;
    }

    public async Task<HttpResponseMessage> InferAsync(string model, string json, string prefix = "", Action<HttpRequestMessage>? more = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{prefix}/v2/models/{model}/infer")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        more?.Invoke(request);
        return await Client.SendAsync(request);
    }

    /// <summary>Sends bytes and reads until the server closes, or until a whole response is there.</summary>
    internal async Task<RawResponse> SendAsync(byte[] bytes, bool halfClose = false)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await socket.SendAsync(bytes, limit.Token);
            if (halfClose)
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Refused before all of it was sent; the answer is there all the same.
        }

        var received = new MemoryStream();
        var buffer = new byte[16384];
        while (true)
        {
            int count;
            try
            {
                count = await socket.ReceiveAsync(buffer, limit.Token);
            }
            catch (SocketException)
            {
                break;
            }

            if (count == 0)
                break;
            received.Write(buffer, 0, count);
            var response = RawResponse.Parse(received.ToArray());
            if (response.Headers.TryGetValue("Content-Length", out var length) && response.Body.Length >= int.Parse(length, System.Globalization.CultureInfo.InvariantCulture))
                break;
        }

        return RawResponse.Parse(received.ToArray());
    }

    internal Task<RawResponse> SendAsync(string text, bool halfClose = false) => SendAsync(Encoding.Latin1.GetBytes(text), halfClose);
}
