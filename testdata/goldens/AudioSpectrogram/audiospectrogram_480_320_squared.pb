
7
inputPlaceholder*
dtype0*
shape:	á
Y
opAudioSpectrograminput*
magnitude_squared(*
strideÀ*
window_sizeà