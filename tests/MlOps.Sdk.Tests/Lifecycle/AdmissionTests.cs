using MlOps.Learning;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>What our own trainers export is proven to be harmless, so that serving it costs no trial in a child process.</summary>
public sealed class AdmissionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Verify_ModelsOfOurTrainers_NeedNoTrial()
    {
        await using var host = await TestHost.StartAsync(_directory.Path);
        var sandbox = host.Environments["sandbox"];
        var data = SyntheticModel.Data(1);
        (string Name, byte[] Onnx)[] models =
        [
            ("logistic", new LogisticRegressionTrainer().Train(data).ToOnnx()),
            ("linear", new LinearRegressionTrainer().Train(data).ToOnnx()),
            ("trees", new GradientBoostedTreesTrainer(new GradientBoostedTreesOptions()).Train(data).ToOnnx()),
        ];
        foreach (var (name, onnx) in models)
        {
            var draft = await new ModelVersionBuilder(sandbox.Context.Artifacts, name).WithOnnx(onnx, data.FeatureNames).BuildAsync();
            var check = await sandbox.Deployer.VerifyAsync((await sandbox.Models.RegisterAsync(draft)).Ref);
            check.Passed.Should().BeTrue(check.Message);
        }

        (await sandbox.ModelTrials.ListAsync()).Should().BeEmpty();
    }
}
