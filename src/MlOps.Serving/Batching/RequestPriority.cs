namespace MlOps.Serving;

/// <summary>Which requests go first while more rows wait than fit one batch. Low ones are refused first, but none waits for ever.</summary>
public enum RequestPriority
{
    /// <summary>After the others, and refused or displaced first when the queue is full.</summary>
    Low = -1,

    /// <summary>The default.</summary>
    Normal = 0,

    /// <summary>Before the others.</summary>
    High = 1,
}
