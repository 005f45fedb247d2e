#!/usr/bin/env -S dotnet run
#:project eng/Build/MlOps.Build.csproj
#:property PublishAot=false

return await MlOps.Build.Commands.RunAsync(args);
