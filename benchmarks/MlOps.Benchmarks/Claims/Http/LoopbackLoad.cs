using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Http;

/// <summary>Keeps connections busy with requests made beforehand, fresh rows in turn, one after the other on each connection.</summary>
internal sealed class LoopbackLoad : IDisposable
{
    public const int Width = 32;
    public const int RowCount = 1024;

    private readonly Socket[] _sockets;
    private readonly byte[][] _buffers;

    public LoopbackLoad(int port, int connections)
    {
        _sockets = [.. Enumerable.Range(0, connections).Select(_ =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            return socket;
        })];
        _buffers = [.. _sockets.Select(_ => new byte[4096])];
    }

    public static byte[][] Json(string path) => Requests(path, "Content-Type: application/json\r\n", row =>
        Encoding.ASCII.GetBytes($$"""{"id":"42","inputs":[{"name":"input","shape":[1,{{Width}}],"datatype":"FP32","data":[{{string.Join(',', row.Select(value => value.ToString(CultureInfo.InvariantCulture)))}}]}]}"""));

    public static byte[][] Binary(string path)
    {
        var json = $$$"""{"inputs":[{"name":"input","shape":[1,{{{Width}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Width * 4}}}}}],"parameters":{"binary_data_output":true}}""";
        return Requests(path, $"Content-Type: application/octet-stream\r\nInference-Header-Content-Length: {json.Length}\r\n", row => [.. Encoding.ASCII.GetBytes(json), .. Bytes(row)]);
    }

    /// <summary>Sends so many requests; every one must be answered well.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> RunAsync(byte[][] requests, int count, CancellationToken cancellationToken)
    {
        var next = 0;
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(_sockets.Select((socket, index) => Task.Run(
            async () =>
            {
                var buffer = _buffers[index];
                for (int i; (i = Interlocked.Increment(ref next)) <= count;)
                {
                    await socket.SendAsync(requests[i % requests.Length], cancellationToken);
                    int received = 0, wanted = int.MaxValue;
                    while (received < wanted)
                    {
                        var read = await socket.ReceiveAsync(buffer.AsMemory(received), cancellationToken);
                        if (read == 0)
                            throw new InvalidOperationException("The server closed a connection.");
                        received += read;
                        if (wanted == int.MaxValue)
                            wanted = Length(buffer.AsSpan(0, received));
                    }
                }
            },
            cancellationToken)));
        return Stopwatch.GetElapsedTime(begin);
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private static int Length(ReadOnlySpan<byte> response)
    {
        var end = response.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return int.MaxValue;
        if (!response.StartsWith("HTTP/1.1 200 "u8))
            throw new InvalidOperationException($"A request failed: {Encoding.ASCII.GetString(response)}");
        var header = response.IndexOf("ontent-"u8);
        while (!response[header..].StartsWith("ontent-Length: "u8) && !response[header..].StartsWith("ontent-length: "u8))
            header += 1 + response[(header + 1)..].IndexOf("ontent-"u8);
        var digits = response[(header + "ontent-Length: ".Length)..];
        return end + 4 + int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
    }

    private static byte[][] Requests(string path, string headers, Func<float[], byte[]> write)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, RowCount).Select(_ =>
        {
            var body = write(OnnxModels.Values(random, Width));
            return (byte[])[.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];
        })];
    }

    private static byte[] Bytes(float[] row)
    {
        var bytes = new byte[row.Length * 4];
        Buffer.BlockCopy(row, 0, bytes, 0, bytes.Length);
        return bytes;
    }
}
