namespace MlOps.Serving;

/// <summary>A row that waits outside of the batches, because more rows wait than fit one batch and its turn depends on who asks. Reused.</summary>
internal sealed class ParkedRow(int width)
{
    public float[] Values { get; } = new float[width];

    public BatchRequest? Request { get; set; }

    public ParkedRow? Next { get; set; }

    public ParkedRow? Previous { get; set; }
}
