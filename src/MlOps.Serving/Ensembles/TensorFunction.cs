namespace MlOps.Serving;

/// <summary>
/// A function over named values. Tensors given to it may lie in memory that is gone after it returned: copy what is to stay. It is called by
/// several threads at once.
/// </summary>
/// <param name="inputs">The values by name.</param>
/// <param name="cancellationToken">Cancels.</param>
/// <returns>The results by name.</returns>
public delegate IReadOnlyDictionary<string, ModelValue> TensorFunction(IReadOnlyDictionary<string, ModelValue> inputs, CancellationToken cancellationToken);
