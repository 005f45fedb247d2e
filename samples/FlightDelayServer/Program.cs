using FlightDelayServer;
using Microsoft.Extensions.Hosting;
using MlOps.AspNetCore;

// dotnet run -- [--directory FOLDER] [--urls http://localhost:5000], or: dotnet run -- key
if (args is ["key"])
{
    var key = ApiKeys.New();
    Console.WriteLine($"key:  {key}\nhash: {ApiKeys.Hash(key)}");
    return;
}

await using var app = DelayServer.Build(args);
await app.StartAsync();
await DelayServer.ServeAsync(app);
Console.WriteLine($"Test endpoint in staging, endpoint in production: {string.Join(", ", app.Urls)}");
await app.WaitForShutdownAsync();
