using System.Reflection;
using Microsoft.Data.Sqlite;
using MlOps;

foreach (string path in Directory.EnumerateFiles(AppContext.BaseDirectory, "MlOps.*.dll"))
    Console.WriteLine($"{Assembly.LoadFrom(path).GetName().Name} loaded");

var frame = new DataFrame(DataColumn.Create<long>("id", [1, 2, 3]));
Console.WriteLine($"frame of {frame.RowCount} rows, digest {ArtifactDigest.Of([1, 2, 3])}");
Console.WriteLine($"environment {EnvironmentName.Normalise("Staging")}");

var binding = typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly.GetName();
Console.WriteLine($"ONNX Runtime binding 1.29 ({binding.FullName})");

SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
using var connection = new SqliteConnection("Data Source=:memory:");
connection.Open();
using var command = connection.CreateCommand();
command.CommandText = "select sqlite_version()";
Console.WriteLine($"SQLite {command.ExecuteScalar()}");
