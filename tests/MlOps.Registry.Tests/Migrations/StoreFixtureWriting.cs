namespace MlOps.Registry.Tests;

public sealed class StoreFixtureWriting
{
    [WritesFixtureFact]
    public Task Write_ThisVersion() => StoreFixture.WriteAsync(Path.GetFullPath(System.Environment.GetEnvironmentVariable(WritesFixtureFactAttribute.Variable)!));

    private sealed class WritesFixtureFactAttribute : FactAttribute
    {
        public const string Variable = "MLOPS_WRITE_STORE_FIXTURE";

        public WritesFixtureFactAttribute()
        {
            if (System.Environment.GetEnvironmentVariable(Variable) is null)
                Skip = $"Writes a fixture where {Variable} names a file: see Fixtures/stores/README.md.";
        }
    }
}
