using NetPol.Controller;
using NetPol.Hosting;

return await CommandProgram.RunAsync("netpol-controller", ControllerCommand.Create(ControllerHost.RunAsync), args);
