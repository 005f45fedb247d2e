using System.Reflection;
using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>A registry that takes every draft, those that the real one refuses included; serving needs no more of it than two methods.</summary>
public class MemoryRegistry : DispatchProxy
{
    private readonly List<ModelVersion> _versions = [];

    public static IModelRegistry New() => Create<IModelRegistry, MemoryRegistry>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IModelRegistry.RegisterAsync) => Register((ModelVersionDraft)args![0]!),
        nameof(IModelRegistry.GetAsync) => Get((ModelVersionRef)args![0]!),
        _ => throw new NotSupportedException(targetMethod.Name),
    };

    private ValueTask<ModelVersion> Register(ModelVersionDraft draft)
    {
        lock (_versions)
        {
            var version = new ModelVersion
            {
                Model = draft.Model, Version = _versions.Count(v => v.Model == draft.Model) + 1, Artifacts = draft.Artifacts, Signature = draft.Signature,
                Manifest = draft.Artifacts[0].Content, Metrics = draft.Metrics, Tags = draft.Tags, Description = draft.Description, CreatedAt = default, CreatedBy = "test",
            };
            _versions.Add(version);
            return new(version);
        }
    }

    private ValueTask<ModelVersion> Get(ModelVersionRef version)
    {
        lock (_versions)
            return new(_versions.Find(v => v.Ref == version) ?? throw new ModelNotFoundException($"There is no {version}."));
    }
}
