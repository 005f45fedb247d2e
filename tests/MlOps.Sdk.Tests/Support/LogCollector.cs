using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MlOps.Hosting;

/// <summary>Keeps warnings and errors, so that a test can say that there were none.</summary>
internal sealed class LogCollector : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Complaints { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            Complaints.Enqueue($"{logLevel} {eventId.Id}: {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
