using System.Runtime.InteropServices;

namespace MlOps.DuckDb.Native;

internal abstract class DuckDbHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
}

internal sealed class ConfigHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyConfig(ref handle);
        return true;
    }
}

internal sealed class DatabaseHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.Close(ref handle);
        return true;
    }
}

internal sealed class ConnectionHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.Disconnect(ref handle);
        return true;
    }
}

internal sealed class StatementHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyPrepare(ref handle);
        return true;
    }
}

internal sealed class PendingHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyPending(ref handle);
        return true;
    }
}

internal sealed class LogicalTypeHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyLogicalType(ref handle);
        return true;
    }
}

internal sealed class ChunkHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyDataChunk(ref handle);
        return true;
    }
}
