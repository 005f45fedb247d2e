using System.Globalization;

namespace MlOps.Features;

/// <summary>Looks for an entity's key by text, as keys are stored: a number is the text of its digits.</summary>
internal static class KeySearch
{
    /// <summary>Whether a row holds every part of a key in some column, whatever the columns are called.</summary>
    public static bool IsIn(DataFrame rows, IReadOnlyList<string> key)
    {
        var columns = rows.Columns.Where(column => column.Type is not (DataType.Float32 or DataType.Float64 or DataType.Timestamp or DataType.Boolean)).ToArray();
        for (var row = 0; row < rows.RowCount; row++)
        {
            var found = 0;
            foreach (var part in key)
                found += columns.Any(column => Convert.ToString(column.GetValue(row), CultureInfo.InvariantCulture) == part) ? 1 : 0;
            if (found == key.Count)
                return true;
        }

        return false;
    }

    /// <summary>Whether a text holds every part of a key as words of their own.</summary>
    public static bool IsIn(string text, IReadOnlyList<string> key) => key.All(part => part.Length > 0 && HasWord(text, part));

    private static bool HasWord(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            var end = at + word.Length;
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end])))
                return true;
        }

        return false;
    }
}
