using NetPol.Controller;
using NetPol.Shared;

return await CommandProgram.RunAsync("netpol-controller", ControllerCommand.Create(ControllerHost.RunAsync), args);
