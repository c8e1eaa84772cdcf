
6
inputPlaceholder*
dtype0*
shape
:
;

fft_lengthConst*
dtype0*
valueB"ÿÿÿÿ
.
opIRFFTinput
fft_length*
Tcomplex0