namespace MlOps.Features;

/// <summary>Finds the rows for which a frame is refused.</summary>
internal static class BadRows
{
    /// <summary>The first row that is refused by itself; null when the frame is refused as a whole.</summary>
    public static int? First(ViewPlan plan, DataFrame frame)
    {
        if (frame.RowCount == 0 || !IsRefused(plan, frame) || IsRefused(plan, frame.Slice(0, 0)))
            return null;
        var (start, length) = (0, frame.RowCount);
        while (length > 1)
        {
            var half = length / 2;
            if (IsRefused(plan, frame.Slice(start, half)))
            {
                length = half;
            }
            else
            {
                start += half;
                length -= half;
            }
        }

        return start;
    }

    private static bool IsRefused(ViewPlan plan, DataFrame frame)
    {
        try
        {
            RowBatchReader.Read(plan, frame);
            return false;
        }
        catch (InvalidInputException)
        {
            return true;
        }
    }
}
