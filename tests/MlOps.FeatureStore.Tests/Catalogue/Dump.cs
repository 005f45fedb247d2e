using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace MlOps.Features.Tests;

/// <summary>Everything that an answer holds, as text: what a caller could get out of it.</summary>
internal static class Dump
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        if (value is null || depth > 8)
            return;
        switch (value)
        {
            case string written:
                text.Append(written).Append('\n');
                return;
            case Exception error:
                text.Append(error.ToString()).Append('\n');
                return;
            case DataFrame frame:
                foreach (var column in frame.Columns)
                {
                    text.Append(column.Name).Append('\n');
                    for (var row = 0; row < column.Length; row++)
                        Write(text, column.GetValue(row), depth + 1);
                }

                return;
            case IFormattable formattable when value.GetType().IsPrimitive || value.GetType().IsEnum || value is decimal or TimeSpan or Timestamp:
                text.Append(formattable.ToString(null, CultureInfo.InvariantCulture)).Append('\n');
                return;
            case IEnumerable many:
                foreach (var one in many)
                    Write(text, one, depth + 1);
                return;
        }

        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
            Write(text, property.GetValue(value), depth + 1);
    }
}
