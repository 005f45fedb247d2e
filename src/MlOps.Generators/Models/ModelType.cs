namespace MlOps.Generators;

/// <summary>A model's input or output type as the emitter needs it.</summary>
/// <param name="IsInput">Whether it goes into the model.</param>
/// <param name="Namespace">Its namespace, or empty.</param>
/// <param name="Headers">The declarations from the outermost containing type to the type itself.</param>
/// <param name="FullName">The type, with <c>global::</c>.</param>
/// <param name="Name">The type's own name.</param>
/// <param name="Properties">Its values.</param>
/// <param name="Key">The property that requests are assigned to variants by, or null.</param>
/// <param name="Constructor">Which properties the constructor takes, in order; empty for inputs.</param>
/// <param name="Findings">What is wrong; nothing is emitted where anything is.</param>
internal sealed record ModelType(
    bool IsInput, string Namespace, EquatableArray<string> Headers, string FullName, string Name, EquatableArray<ModelProperty> Properties, string? Key,
    EquatableArray<int> Constructor, EquatableArray<Finding> Findings);
