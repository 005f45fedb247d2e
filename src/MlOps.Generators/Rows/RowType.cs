namespace MlOps.Generators;

/// <summary>A row type as the emitter needs it.</summary>
/// <param name="Namespace">Its namespace, or empty.</param>
/// <param name="Headers">The declarations from the outermost containing type to the type itself, such as <c>partial record struct Point</c>.</param>
/// <param name="FullName">The type, with <c>global::</c>.</param>
/// <param name="Name">The type's own name.</param>
/// <param name="Properties">Its columns.</param>
/// <param name="Constructor">Which properties the constructor takes, in order.</param>
/// <param name="Findings">What is wrong; nothing is emitted where anything is.</param>
internal sealed record RowType(
    string Namespace, EquatableArray<string> Headers, string FullName, string Name, EquatableArray<RowProperty> Properties, EquatableArray<int> Constructor, EquatableArray<Finding> Findings);
