using MlOps.DuckDb.Native;

namespace MlOps.DuckDb.Reading;

/// <summary>UTF-8 text; equal short values share one string.</summary>
internal sealed unsafe class TextReader(string name) : ColumnReader<string>(name)
{
    private readonly StringCache _cache = new();

    protected override void Convert(void* data, ulong* validity, Span<string> target)
    {
        var source = (DuckDbString*)data;
        for (var i = 0; i < target.Length; i++)
        {
            if (IsValid(validity, i))
                target[i] = _cache.Get(source[i]);
        }
    }
}

/// <summary>Enum values, as their names.</summary>
internal sealed unsafe class EnumReader : ColumnReader<string>
{
    private readonly string[] _names;
    private readonly DuckDbType _codes;

    public EnumReader(string name, LogicalTypeHandle type)
        : base(name)
    {
        _codes = DuckDbNative.EnumInternalType(type);
        _names = new string[DuckDbNative.EnumDictionarySize(type)];
        for (var i = 0; i < _names.Length; i++)
            _names[i] = DuckDbNative.TakeText(DuckDbNative.EnumDictionaryValue(type, (ulong)i)) ?? "";
    }

    protected override void Convert(void* data, ulong* validity, Span<string> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            if (!IsValid(validity, i))
                continue;
            target[i] = _names[_codes switch
            {
                DuckDbType.UTinyInt => ((byte*)data)[i],
                DuckDbType.USmallInt => ((ushort*)data)[i],
                _ => ((uint*)data)[i],
            }];
        }
    }
}
