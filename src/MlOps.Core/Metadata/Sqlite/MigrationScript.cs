namespace MlOps.Metadata;

/// <summary>Cuts a migration into statements.</summary>
internal static class MigrationScript
{
    /// <summary>A statement ends where a line ends with a semicolon, or where the text ends.</summary>
    public static IEnumerable<string> Split(string script)
    {
        var statement = new System.Text.StringBuilder();
        foreach (var raw in script.Split('\n'))
        {
            var line = raw.TrimEnd();
            var comment = line.AsSpan().TrimStart().StartsWith("--", StringComparison.Ordinal);
            if (comment || (line.Length == 0 && statement.Length == 0))
                continue;
            statement.Append(line).Append('\n');
            if (!line.EndsWith(';'))
                continue;
            yield return statement.ToString();
            statement.Clear();
        }

        if (!string.IsNullOrWhiteSpace(statement.ToString()))
            yield return statement.ToString();
    }
}
