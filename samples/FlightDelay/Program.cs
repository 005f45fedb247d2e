using FlightDelay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps;
using MlOps.Monitoring;
using MlOps.Orchestration;

var settings = DemoSettings.Parse(args);
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddSingleton(new Flights(settings.Data, settings.Every));
var mlops = builder.Services.AddMlOps(builder.Configuration);
builder.Services.Configure<MlOpsOptions>(options => options.Path = settings.Directory);
mlops.AddPipeline<DelayTraining>();
mlops.AddPipelineTrigger<DelayTraining, TrainingWindow>(new EventTrigger<TrainingWindow>
{
    Name = "retrain-on-drift", EventType = MonitoringEvents.DriftDetected, Environments = ["production"], Input = DelayStory.WindowAfter,
});
Flights.Define(mlops);
LiveTraffic.Define(mlops);

using var host = builder.Build();
await host.StartAsync();
var story = new DelayStory(host.Services.GetRequiredService<IMlOpsEnvironments>(), host.Services.GetRequiredService<Flights>());
await Dashboard.RunAsync(story, settings);
await host.StopAsync();
return 0;
