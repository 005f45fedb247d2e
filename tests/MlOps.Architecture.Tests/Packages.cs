using System.Reflection;

namespace MlOps.Architecture;

/// <summary>The packages and what each may refer to: the map of docs/design/architecture.md.</summary>
internal static class Packages
{
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>
    {
        ["MlOps.Core"] = [],
        ["MlOps.Registry"] = ["MlOps.Core"],
        ["MlOps.FeatureStore"] = ["MlOps.Core"],
        ["MlOps.Serving"] = ["MlOps.Core", "MlOps.Registry"],
        ["MlOps.Orchestration"] = ["MlOps.Core", "MlOps.Registry"],
        ["MlOps.Monitoring"] = ["MlOps.Core"],
        ["MlOps.Learning"] = ["MlOps.Core"],
        ["MlOps.Sdk"] = ["MlOps.Core", "MlOps.Registry", "MlOps.FeatureStore", "MlOps.Serving", "MlOps.Orchestration", "MlOps.Monitoring", "MlOps.Learning"],
        ["MlOps.DuckDb"] = ["MlOps.Core"],
        ["MlOps.AspNetCore"] = ["MlOps.Core", "MlOps.Registry", "MlOps.Serving"],
    };

    public static TheoryData<string> Names { get; } = new(Allowed.Keys);

    public static Assembly Load(string name) => Assembly.Load(new AssemblyName(name));
}
