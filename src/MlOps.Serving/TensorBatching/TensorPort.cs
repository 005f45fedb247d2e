namespace MlOps.Serving;

/// <summary>An input or output of a batched model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type; null for an output that is no tensor.</param>
/// <param name="Dimensions">Its dimensions, -1 where they vary.</param>
/// <param name="LengthDimension">The dimension that is the request's length; 0 when none is.</param>
/// <param name="IsMask">Whether the engine makes it when a request does not give it.</param>
/// <param name="Pad">One element of padding.</param>
/// <param name="One">One element of a mask that masks nothing.</param>
internal sealed record TensorPort(string Name, TensorType? Type, int[] Dimensions, int LengthDimension, bool IsMask, byte[] Pad, byte[] One);
