
6
inputPlaceholder*
dtype0*
shape
:	
7

fft_lengthPlaceholder*
dtype0*
shape:
.
opIRFFTinput
fft_length*
Tcomplex0