namespace MlOps.Registry;

/// <summary>The wire types of protocol buffers that ONNX uses.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}
